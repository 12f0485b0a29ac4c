import { decodeStoredFeatures, encodeStoredFeatures, learnedScoreSchema, type LearnedVerdict } from './learned-score';
import { traceBatchFrom, type PlainTrace } from './testing';
import { readTraceParquet, writeTraceParquet } from './trace-parquet';
import { decodeVerdict, encodeVerdict, verdictSchema, type Verdict } from './verdict';

const learned: LearnedVerdict = {
  version: '000003-0123456789ab',
  entry: 'default///gateway\nPOST /checkout',
  features: [
    [0, 1.0986123],
    [7, -0.25],
  ],
  profile: 0.4,
  scores: { 'isolation-forest': 0.61, paths: 0 },
  p: { profile: 0.4, 'isolation-forest': 0.002, paths: 1 },
  combinedP: 0.004,
  score: 5.52,
  exceeds: true,
  role: 'champion',
  decided: true,
};
const verdict: Verdict = {
  schema: 1,
  tenant: 'default',
  source: { partition: 3, offset: 41 },
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  revision: 1,
  eventTimeMs: 1_700_000_000_000,
  entryService: 'default///gateway',
  entryOperation: 'POST /checkout',
  durationMs: 12,
  spanCount: 2,
  failed: false,
  score: 5.52,
  threshold: 4.6,
  bundle: '000001-shop',
  services: ['default///gateway'],
  findings: [],
};

describe('what models say, in a verdict', () => {
  test('comes back as it went in', () => {
    expect(decodeVerdict(encodeVerdict({ ...verdict, learned })).learned).toEqual(learned);
  });

  test('is absent from verdicts of the release before, which are read as ever', () => {
    expect(decodeVerdict(encodeVerdict(verdict))).toEqual(verdict);
  });

  test('is passed over by readers of the release before', () => {
    const before = verdictSchema.omit({ learned: true });
    expect(before.parse(JSON.parse(Buffer.from(encodeVerdict({ ...verdict, learned })).toString()))).toEqual(verdict);
  });

  test('is refused where it is no probability, or names a model that there is not', () => {
    expect(() => decodeVerdict(encodeVerdict({ ...verdict, learned: { ...learned, combinedP: 1.5 } }))).toThrow();
    expect(learnedScoreSchema.safeParse({ ...learned, scores: { oracle: 1 } }).success).toBe(false);
  });
});

describe('features of a trace, with its spans', () => {
  const span = { id: 'a', service: 'default///gateway', operation: 'GET /', durationMs: 1 };
  const trace = (digit: string): PlainTrace => ({
    traceId: digit.repeat(32),
    eventTimeMs: 1_700_000_000_000,
    spans: [span, { ...span, id: 'b', parent: 'a', operation: 'work' }],
  });
  const batch = traceBatchFrom([trace('1'), trace('2')]);
  const stored = {
    schema: 'ab'.repeat(32),
    version: learned.version,
    profile: '000001-shop',
    features: learned.features,
  };
  const text = encodeStoredFeatures(stored);

  test('are on the first row of each trace that has any', () => {
    const spans = readTraceParquet(writeTraceParquet(batch, [0, 1], new Map([[1, text]])));
    expect(spans.map(({ features }) => features)).toEqual([undefined, undefined, text, undefined]);
    expect(decodeStoredFeatures(spans[2]?.features ?? '')).toEqual(stored);
  });

  test('make the same bytes of the same spans and features', () => {
    const write = () => writeTraceParquet(batch, [1], new Map([[1, encodeStoredFeatures({ ...stored })]]));
    expect(Buffer.compare(write(), write())).toBe(0);
  });

  test('are no column of a file whose traces have none, which is what it was before there were models', () => {
    const plain = writeTraceParquet(batch, [0]);
    expect(Buffer.compare(writeTraceParquet(batch, [0], new Map([[1, text]])), plain)).toBe(0);
    expect(readTraceParquet(plain)[0]).not.toHaveProperty('features');
  });
});
