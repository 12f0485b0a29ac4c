import pc from 'picocolors';

type Mark = 'ok' | 'busy' | 'bad' | 'note';

const marks: Readonly<Record<Mark, string>> = { ok: pc.green('[ok]'), busy: '[..]', bad: pc.red('[!!]'), note: '    ' };

/**
 * Progress on standard error, so that standard output holds the answer alone. On a terminal the line in work is redrawn; elsewhere
 * each event is a line.
 */
export class Progress {
  private readonly startedAt = Date.now();
  private readonly live: boolean;
  private drawn = '';

  constructor(private readonly stream: NodeJS.WriteStream = process.stderr) {
    this.live = stream.isTTY && process.env.CI === undefined;
  }

  /** Seconds since the start, with one decimal. */
  get elapsed(): string {
    return `${((Date.now() - this.startedAt) / 1000).toFixed(1)} s`;
  }

  heading(text: string): void {
    this.stream.write(`${pc.bold(text)}\n\n`);
  }

  /** Something is being waited for; only drawn on a terminal, where it is replaced by what comes next. */
  busy(text: string): void {
    if (!this.live || text === this.drawn) return;
    this.stream.write(`\r\u001b[K${this.line('busy', text)}`);
    this.drawn = text;
  }

  done(text: string): void {
    this.settle('ok', text);
  }

  alarm(text: string): void {
    this.settle('bad', text);
  }

  note(text: string): void {
    this.settle('note', text);
  }

  /** Takes the line in work away, before something else is printed. */
  clear(): void {
    if (this.drawn !== '') this.stream.write('\r\u001b[K');
    this.drawn = '';
  }

  private settle(mark: Mark, text: string): void {
    this.clear();
    this.stream.write(`${this.line(mark, text)}\n`);
  }

  private line(mark: Mark, text: string): string {
    const time = mark === 'note' ? '' : pc.dim(this.elapsed.padStart(8));
    return `${marks[mark]} ${text.padEnd(48)} ${time}`.trimEnd();
  }
}
