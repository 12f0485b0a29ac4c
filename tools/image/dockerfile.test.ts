import { runConfig } from './dockerfile';

describe('The Dockerfile', () => {
  it('says how a container starts, for images that are made without docker', () => {
    expect(runConfig()).toEqual({
      User: '65532:65532',
      Env: ['NODE_ENV=production'],
      Entrypoint: ['/nodejs/bin/node', '--single-threaded-gc', '/app/plumbline.js'],
    });
  });

  it.each([
    ['USER', 'ENV A=b\nENTRYPOINT ["a"]\n', 'there is no USER'],
    ['a list', 'USER 1\nENV A=b\nENTRYPOINT {"a": 1}\n', 'ENTRYPOINT is no JSON list'],
  ])('is refused without %s', (_what, text, says) => {
    expect(() => runConfig(text)).toThrow(says);
  });
});
