import { addSpan, emptyTable, operationRow } from './stats';
import { decodeWindowStats, encodeWindowStats, type WindowStats } from './window-stats';

const stats = emptyTable();
addSpan(operationRow(stats, 'a', 'GET /', 2, true).all, { durationMs: 10, selfMs: 4, error: false, origin: false }, -1);
const message: WindowStats = {
  tenant: 'default',
  source: { partition: 3, offset: 17 },
  watermarkMs: 1_700_000_000_000,
  verdicts: 2,
  windows: [{ startMs: 1_700_000_000_000, durationMs: 10_000, stats }],
};

function changed(change: object): Uint8Array {
  const json = JSON.parse(Buffer.from(encodeWindowStats(message)).toString()) as object;
  return Buffer.from(JSON.stringify({ ...json, ...change }));
}

describe('window statistics on the wire', () => {
  test('come back as they were, counts below zero included', () => {
    expect(decodeWindowStats(encodeWindowStats(message))).toEqual(message);
  });

  test('are the same bytes for the same message', () => {
    expect(encodeWindowStats(message)).toEqual(encodeWindowStats(decodeWindowStats(encodeWindowStats(message))));
  });

  test.each([
    ['another schema', { schema: 2 }],
    ['a partition below zero', { source: { partition: -1, offset: 0 } }],
    ['half an offset', { source: { partition: 0, offset: 0.5 } }],
    ['a watermark that is no number', { watermarkMs: null }],
    ['a window without length', { windows: [{ startMs: 0, durationMs: 0, stats: {} }] }],
    ['no windows', { windows: undefined }],
  ])('are refused with %s', (_, change) => {
    expect(() => decodeWindowStats(changed(change))).toThrow();
  });

  test.each(['', '{', 'null', '[]', '"x"'])('are refused when they are %j', (text) => {
    expect(() => decodeWindowStats(Buffer.from(text))).toThrow();
  });
});
