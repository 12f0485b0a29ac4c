import { StreamError } from './stream-error';
import { TroubleLog } from './trouble-log';

class Lines {
  readonly all: string[] = [];
  private readonly at = (level: string) => (details: object, message: string) => {
    if (level === 'debug') return;
    const { unsaid } = details as { readonly unsaid?: number };
    this.all.push(`${level}: ${message}${unsaid === undefined ? '' : ` (${unsaid})`}`);
  };
  readonly sink = { error: this.at('error'), warn: this.at('warn'), info: this.at('info'), debug: this.at('debug') };
}

describe('a trouble that lasts', () => {
  const lines = new Lines();
  let now = 0;
  const log = new TroubleLog(lines.sink, () => now);
  const fault = 'broker a:9092: its certificate has expired';
  const expired = (what: string) => new StreamError('PLUMBLINE_STREAM_UNAVAILABLE', `${what}: ${fault}`, { fault });
  afterEach(() => {
    log.isOver();
    lines.all.length = 0;
  });

  it('is one error, whatever could not be done for it, with a reminder a minute', () => {
    for (const what of ['produce to a', 'commit', 'produce to b', 'commit']) log.lasts(expired(what), what);
    expect(lines.all).toEqual([`error: trying again: ${fault}`]);
    now += 61_000;
    for (let attempt = 0; attempt < 3; attempt += 1) log.lasts(expired('commit'), 'commit', attempt);
    expect(lines.all.slice(1)).toEqual([`warn: still trying: ${fault} (3)`]);
  });

  it('is told of when it is over, once, and again when it comes back', () => {
    log.lasts(expired('commit'), 'commit');
    log.isOver();
    log.isOver();
    log.lasts(expired('commit'), 'commit');
    expect(lines.all).toEqual([
      `error: trying again: ${fault}`,
      'info: it works again',
      `error: trying again: ${fault}`,
    ]);
  });

  it('is a warning where nothing is known to be at fault', () => {
    log.lasts(new Error('broker is starting'), 'commit');
    expect(lines.all).toEqual(['warn: trying again: broker is starting']);
  });
});
