import { gunzipSync, gzipSync } from 'node:zlib';
import { bundlePointerSchema, BundleError, decodeBundle, encodeBundle, featureSchema, type Bundle } from './bundle';
import { addSpan, emptyTable, operationRow } from './stats';

const profile = emptyTable();
addSpan(operationRow(profile, 'a', 'GET /', 2, true).all, { durationMs: 10, selfMs: 4, error: false, origin: false });
const bundle: Bundle = {
  version: '000001-abc',
  featureSchema,
  effectiveFromMs: 1_700_000_000_000,
  learnt: { fromMs: 0, throughMs: 10_000, windows: 1, traces: 1 },
  thresholds: { alpha: 0.01, minSupport: 20, traceScore: { default: 6.9 } },
  profile,
  spread: new Map([['self\nrow', { blocks: 3, squares: new Map([[12, 2.5]]) }]]),
};

function changed(change: object): Uint8Array {
  const json = JSON.parse(gunzipSync(encodeBundle(bundle)).toString()) as object;
  return gzipSync(JSON.stringify({ ...json, ...change }));
}

describe('a bundle', () => {
  test('comes back as it was', () => {
    expect(decodeBundle(encodeBundle(bundle))).toEqual(bundle);
  });

  test('is the same bytes for the same content', () => {
    expect(encodeBundle(bundle)).toEqual(encodeBundle(decodeBundle(encodeBundle(bundle))));
  });

  test('of the version before, which has no spread, is refused for its feature schema and not as no bundle', () => {
    const old = changed({ featureSchema: 'profile/1 gamma=1.05 unit=ms', spread: undefined });
    expect(() => decodeBundle(old)).toThrow(/is of feature schema "profile\/1/);
  });

  test('of another feature schema is refused by name, since its numbers mean something else', () => {
    expect(() => decodeBundle(changed({ featureSchema: 'profile/0' }))).toThrow(
      /bundle 000001-abc is of feature schema "profile\/0"/,
    );
  });

  test.each([
    ['another model', { model: 'autoencoder' }],
    ['another schema', { schema: 2 }],
    ['no version', { version: '' }],
    ['thresholds that let everything pass', { thresholds: { alpha: 0, minSupport: 1, traceScore: {} } }],
    ['no profile', { profile: undefined }],
  ])('with %s is refused', (_, change) => {
    expect(() => decodeBundle(changed(change))).toThrow(BundleError);
  });

  test.each([
    ['nothing', new Uint8Array()],
    ['text', Buffer.from('bundle')],
    ['cut off', encodeBundle(bundle).subarray(0, 40)],
    ['gzip of no JSON', gzipSync('{')],
  ])('that is %s is refused with a stable code', (_, bytes) => {
    expect(() => decodeBundle(bytes)).toThrow(expect.objectContaining({ code: 'PLUMBLINE_BUNDLE' }) as Error);
  });
});

describe('the pointer to bundles', () => {
  const entry = { version: 'a', key: 'profile/version_a/bundle.json.gz', effectiveFromMs: 1 };

  test('names one to sixteen', () => {
    expect(bundlePointerSchema.safeParse({ schema: 1, bundles: [entry] }).success).toBe(true);
    expect(bundlePointerSchema.safeParse({ schema: 1, bundles: [] }).success).toBe(false);
    expect(bundlePointerSchema.safeParse({ schema: 1, bundles: Array.from({ length: 17 }, () => entry) }).success).toBe(
      false,
    );
  });
});
