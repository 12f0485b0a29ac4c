import { UsageError } from '../errors';
import { clusterAt } from '../verify/testing';
import { confirmCluster, isLocal } from './local';

const at = (context: string, server: string) => ({ ...clusterAt(server), context });

describe('a cluster', () => {
  it.each([
    ['kind-kind', 'https://172.18.0.2:6443'],
    ['k3d-dev', 'https://0.0.0.0:6550'],
    ['minikube', 'https://192.168.49.2:8443'],
    ['anything', 'https://127.0.0.1:40123'],
    ['anything', 'https://kubernetes.docker.internal:6443'],
    ['anything', 'https://[::1]:6443'],
  ])('of context %s at %s is on this machine', (context, server) => {
    expect(isLocal(at(context, server))).toBe(true);
  });

  it.each([
    ['production', 'https://10.0.0.1:6443'],
    ['minikube-of-somebody', 'https://api.example.org'],
    ['arn:aws:eks:eu-central-1:1:cluster/kind-of', 'https://x.eks.amazonaws.com'],
    ['anything', 'https://127.0.0.1.example.org'],
  ])('of context %s at %s is not', (context, server) => {
    expect(isLocal(at(context, server))).toBe(false);
  });

  const remote = at('production', 'https://api.example.org');
  const answering = (answer: string) => ({ isTerminal: true, ask: () => Promise.resolve(answer) });

  it('elsewhere is only meant when somebody says so', async () => {
    await confirmCluster(remote, 'apply', true, { isTerminal: false });
    await confirmCluster(remote, 'apply', false, answering('y'));
    await expect(confirmCluster(remote, 'apply', false, answering(''))).rejects.toThrow('nothing was done');
    await expect(confirmCluster(remote, 'apply', false, { isTerminal: false })).rejects.toThrow(
      new UsageError(
        'context production at https://api.example.org is not a cluster on this machine; --yes agrees to apply there',
      ),
    );
  });

  it('on this machine is not asked about', async () => {
    const ask = jest.fn();
    await confirmCluster(at('kind-kind', 'https://127.0.0.1:1'), 'apply', false, { isTerminal: true, ask });
    expect(ask).not.toHaveBeenCalled();
  });
});
