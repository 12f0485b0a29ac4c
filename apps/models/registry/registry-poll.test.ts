import { RegistryError } from './errors';
import { RegistryPoll } from './registry-poll';
import type { Served, ServedVersion } from './served';

const versionOf = (version: string): ServedVersion => ({
  version,
  source: `s3://ml-models/trace-anomaly/version_${version}/`,
  manifestSha256: 'ab'.repeat(32),
  featureSchema: 'cd'.repeat(32),
  profile: 'p',
  decides: true,
  effectiveFromMs: 1,
});
const servedOf = (version: string, problems: readonly string[] = []): Served => ({
  champion: versionOf(version),
  timeline: { champion: [{ effectiveFromMs: 1, version: versionOf(version) }], challenger: [] },
  problems,
});

describe('a poll of the registry', () => {
  const served = jest.fn<Promise<Served>, []>();
  const onChange = jest.fn();
  const warn = jest.fn();
  let poll: RegistryPoll;
  beforeEach(() => {
    jest.resetAllMocks();
    const log = { info: () => undefined, warn };
    poll = new RegistryPoll({ served }, { pollMs: 100, patienceMs: 20, log, onChange });
  });

  it('looks no more often than it is told', async () => {
    served.mockResolvedValue(servedOf('a'));
    for (const nowMs of [0, 50, 99, 100, 150]) await poll.poll(nowMs);
    expect(served).toHaveBeenCalledTimes(2);
    expect(poll.status()).toEqual({ served: servedOf('a'), answeredMs: 100 });
  });

  it('tells of changes, and of them alone', async () => {
    served
      .mockResolvedValueOnce(servedOf('a'))
      .mockResolvedValueOnce(servedOf('a'))
      .mockResolvedValueOnce(servedOf('b'));
    for (const nowMs of [0, 100, 200]) await poll.poll(nowMs);
    expect(onChange.mock.calls).toEqual([
      [servedOf('a'), undefined],
      [servedOf('b'), servedOf('a')],
    ]);
  });

  it('keeps the last good answer while the registry is away, tells why, and forgets that when it is back', async () => {
    served.mockResolvedValueOnce(servedOf('a'));
    await poll.poll(0);
    served.mockRejectedValueOnce(new RegistryError('PLUMBLINE_REGISTRY_UNAVAILABLE', 'ECONNREFUSED'));
    await poll.poll(100);
    expect(poll.status()).toEqual({ served: servedOf('a'), answeredMs: 0, error: 'ECONNREFUSED' });
    served.mockResolvedValueOnce(servedOf('a'));
    await poll.poll(200);
    expect(poll.status()).toEqual({ served: servedOf('a'), answeredMs: 200 });
    expect(onChange).toHaveBeenCalledTimes(1);
  });

  it('does not wait for a registry that hangs, nor asks it twice, and takes what it says in the end', async () => {
    let answer: (served: Served) => void = () => undefined;
    served.mockReturnValueOnce(new Promise((resolve) => (answer = resolve)));
    await poll.poll(0);
    expect(poll.status().error).toContain('has not answered');
    await poll.poll(100);
    expect(served).toHaveBeenCalledTimes(1);
    answer(servedOf('a'));
    await new Promise(setImmediate);
    expect(poll.status()).toEqual({ served: servedOf('a'), answeredMs: 0 });
  });

  it('warns once of each thing that is out of order', async () => {
    served.mockResolvedValueOnce(servedOf('a', ['alias'])).mockResolvedValueOnce(servedOf('b', ['alias', 'tag']));
    await poll.poll(0);
    await poll.poll(100);
    expect(warn.mock.calls).toEqual([
      [{ problem: 'alias' }, expect.any(String)],
      [{ problem: 'tag' }, expect.any(String)],
    ]);
  });

  it('is not ended by whoever it tells', async () => {
    onChange.mockImplementation(() => {
      throw new Error('no memory for it');
    });
    served.mockResolvedValue(servedOf('a'));
    await expect(poll.poll(0)).resolves.toBeUndefined();
    expect(poll.status().error).toBe('no memory for it');
  });
});
