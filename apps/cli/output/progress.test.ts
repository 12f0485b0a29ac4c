import { Progress } from './progress';

function terminal(isTTY: boolean) {
  const written: string[] = [];
  const stream = { isTTY, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream;
  return { written, progress: new Progress(stream) };
}

describe('progress', () => {
  const ci = process.env.CI;
  beforeEach(() => {
    delete process.env.CI;
  });
  afterAll(() => {
    if (ci !== undefined) process.env.CI = ci;
  });

  it('redraws the line in work on a terminal and settles it with what came of it', () => {
    const { written, progress } = terminal(true);
    progress.busy('learning');
    progress.busy('learning');
    progress.done('learnt');
    expect(written.filter((text) => text.includes('learning'))).toHaveLength(1);
    expect(written.join('')).toMatch(/\r\u001b\[K.*\[ok\].*learnt.*\n$/s);
  });

  it('writes a line for each event, and no control codes, where there is no terminal', () => {
    const { written, progress } = terminal(false);
    progress.busy('learning');
    progress.alarm('payment now sleeps');
    progress.note('Plumbline is not told');
    expect(written).toHaveLength(2);
    expect(written.every((text) => text.endsWith('\n') && !text.includes('\r'))).toBe(true);
  });
});
