import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SizingError, sizeOf } from '@plumbline/sizing';
import { exitCodeOf, UsageError } from '../errors';
import { createProgram } from '../program';
import { answer } from './answer';
import { readPrices } from './prices';
import { formatSizing } from './report';

const folder = mkdtempSync(join(tmpdir(), 'plumbline-size-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function priceFile(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

const none = { spans: 0, logs: 0 };

describe('plumbline size', () => {
  it('prints a row for each component, the sum, and what each signal costs', () => {
    const text = answer({ spans: 5_000, series: 300_000, logs: 10 });
    expect(text).toMatch(/^tempo +1 +\d\.\d\d +\d+Mi +\dGi +[\d,]+Gi +[\d.,]+ USD$/m);
    expect(text).toMatch(/^in all +\d+ /m);
    expect(text).toMatch(/^Of it traces [\d,]+ USD, metrics [\d.,]+ USD, logs [\d.,]+ USD\.$/m);
    expect(text).toContain('For 5,000 spans and 10,000 samples a second (300,000 series), 10 GB of lines a day');
  });

  it('prints the same as JSON, in bytes and cores', () => {
    const given = { spans: 2_000, logs: 0, keepTraces: 7, keepStream: 2, replication: 3, spanBytes: 700, json: true };
    const expected = sizeOf({
      spansPerSecond: 2_000,
      logBytesPerDay: 0,
      bytesPerSpan: 700,
      replication: 3,
      retention: { traces: 7, stream: 2 },
    });
    expect(JSON.parse(answer(given))).toEqual(JSON.parse(JSON.stringify(expected)));
  });

  it('takes prices of a file, JSON or YAML', () => {
    const yaml = 'currency: EUR\ncore: 10\nmemoryGibibyte: 1\ndiskGibibyte: 0\nobjectGibibyte: 0\n';
    const text = answer({ ...none, spans: 1_000, prices: priceFile('prices.yaml', yaml) });
    expect(text).toContain(' EUR');
    expect(text).not.toContain('USD');
    const json = JSON.stringify({ currency: 'EUR', core: 10, memoryGibibyte: 1, diskGibibyte: 0, objectGibibyte: 0 });
    expect(readPrices(priceFile('prices.json', json)).core).toBe(10);
  });

  it.each([
    ['a price that is missing', 'currency: EUR\ncore: 1\n', 'memoryGibibyte'],
    [
      'a price below nothing',
      '{"currency":"EUR","core":-1,"memoryGibibyte":1,"diskGibibyte":0,"objectGibibyte":0}',
      'core',
    ],
    [
      'what is no price',
      '{"currency":"EUR","core":1,"memoryGibibyte":1,"diskGibibyte":0,"objectGibibyte":0,"cores":2}',
      'cores',
    ],
    ['what is no file of prices', 'a: [', 'prices'],
  ])('refuses %s, and says which', (_, text, says) => {
    expect(() => readPrices(priceFile('wrong.yaml', text))).toThrow(says);
  });

  it('refuses to size for nothing, and for what nothing follows from', () => {
    expect(() => answer(none)).toThrow(UsageError);
    expect(() => answer({ ...none, spans: 10, replication: 2 })).toThrow(SizingError);
  });

  it('takes numbers only, and says so', async () => {
    const silenced = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    for (const wrong of ['many', '-1', ''])
      await expect(createProgram().parseAsync(['node', 'plumbline', 'size', '--spans', wrong])).rejects.toThrow(
        '0 or more',
      );
    silenced.mockRestore();
  });

  it('is bad input, with the exit code of bad input, when nothing follows from it', () => {
    expect(exitCodeOf(new SizingError('replication', 2, '1 or 3'))).toBe(2);
  });

  it('says what is not as it should be', () => {
    expect(formatSizing(sizeOf({ spansPerSecond: 500_000, logBytesPerDay: 0 }))).toContain('tempo: It is one process');
  });
});
