import { pushCommand } from './push';

const reference = 'registry.example.org:5000/team/plumbline-workers:0.1.0';

describe('An archive', () => {
  it('is pushed whole, by the first program that can', () => {
    expect(pushCommand('/a.tar', reference, (name) => name === 'skopeo')).toEqual([
      ...['skopeo', 'copy', '--all', 'oci-archive:/a.tar', `docker://${reference}`],
    ]);
    expect(pushCommand('/a.tar', reference, (name) => name === 'oras')).toEqual([
      ...['oras', 'cp', '--from-oci-layout', '/a.tar:0.1.0', reference],
    ]);
    expect(pushCommand('/a.tar', reference, (name) => name === 'regctl')[0]).toBe('regctl');
  });

  it('stays where it is without any, and it is said what to install', () => {
    expect(() => pushCommand('/a.tar', reference, () => false)).toThrow('install one of skopeo, oras, regctl, docker');
  });
});
