import { hostPlatform, parsePlatforms } from './platforms';

describe('Platforms', () => {
  it('are read from a list, each once', () => {
    const list = parsePlatforms('linux/arm64, linux/amd64,linux/arm64');
    expect(list.map(({ architecture }) => architecture)).toEqual(['arm64', 'amd64']);
  });

  it.each(['linux/386', 'amd64', ''])('are not "%s"', (name) => {
    expect(() => parsePlatforms(name)).toThrow('known are linux/amd64, linux/arm64');
  });

  it('of this machine follow its processor', () => {
    expect(hostPlatform('x64').name).toBe('linux/amd64');
    expect(() => hostPlatform('riscv64')).toThrow('this machine is riscv64: name the cluster');
  });
});
