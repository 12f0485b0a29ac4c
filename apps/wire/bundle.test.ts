import { gunzipSync, gzipSync } from 'node:zlib';
import {
  bundlePointerSchema,
  BundleError,
  decodeBundle,
  decodeSpread,
  encodeBundle,
  encodeSpread,
  featureSchema,
  type Bundle,
} from './bundle';
import { CompactSketch } from './compact-sketch';
import { ByteWriter } from './byte-writer';
import { addSpan, emptyTable, operationRow } from './stats';
import { statsTableToJson } from './stats-json';

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

/** The bundle as the first version had it, all JSON. */
function asJson(change: object): Uint8Array {
  const spread = { 'self\nrow': { blocks: 3, squares: [12, 2.5] } };
  const json = { schema: 1, model: 'profile', ...bundle, profile: statsTableToJson(profile), spread };
  return gzipSync(JSON.stringify({ ...json, ...change }));
}

/** The bundle with another head. */
function changed(change: object): Uint8Array {
  const content = gunzipSync(encodeBundle(bundle));
  // Its length takes two bytes.
  const length = (content[1] ?? 0) - 128 + 128 * (content[2] ?? 0);
  const head = JSON.parse(content.subarray(3, 3 + length).toString()) as object;
  const bytes = new ByteWriter().textField(1, JSON.stringify({ ...head, ...change })).finish();
  return gzipSync(Buffer.concat([bytes, content.subarray(3 + length)]));
}

describe('a bundle', () => {
  test('comes back as it was', () => {
    expect(decodeBundle(encodeBundle(bundle))).toEqual(bundle);
  });

  test('of the first version, which is JSON, is read', () => {
    expect(decodeBundle(asJson({}))).toEqual(bundle);
  });

  test('comes back without the sketches that a reader has no use for', () => {
    const [row] = decodeBundle(encodeBundle(bundle), { unread: new Set(['all.self']) }).profile.operations.values();
    expect([row?.all.self.size, row?.all.duration.size]).toEqual([0, 1]);
  });

  test('says by itself how streams vary', () => {
    expect(decodeSpread(encodeSpread(bundle.spread))).toEqual(
      new Map([['self\nrow', { blocks: 3, squares: CompactSketch.of(new Map([[12, 2.5]])) }]]),
    );
  });

  test('is the same bytes for the same content', () => {
    expect(encodeBundle(bundle)).toEqual(encodeBundle(decodeBundle(encodeBundle(bundle))));
  });

  test('of the version before, which has no spread, is refused for its feature schema and not as no bundle', () => {
    const old = asJson({ featureSchema: 'profile/1 gamma=1.05 unit=ms', spread: undefined });
    expect(() => decodeBundle(old)).toThrow(/is of feature schema "profile\/1/);
  });

  test('of another feature schema is refused by name, since its numbers mean something else', () => {
    expect(() => decodeBundle(changed({ featureSchema: 'profile/0' }))).toThrow(
      /bundle 000001-abc is of feature schema "profile\/0"/,
    );
  });

  test.each([
    ['another model', { model: 'autoencoder' }],
    ['another schema', { schema: 3 }],
    ['no version', { version: '' }],
    ['thresholds that let everything pass', { thresholds: { alpha: 0, minSupport: 1, traceScore: {} } }],
  ])('with %s is refused, in both versions', (_, change) => {
    expect(() => decodeBundle(changed(change))).toThrow(BundleError);
    expect(() => decodeBundle(asJson(change))).toThrow(BundleError);
  });

  test('without a profile is refused, in both versions', () => {
    expect(() => decodeBundle(asJson({ profile: undefined }))).toThrow(BundleError);
    const head = JSON.stringify({ schema: 2, model: 'profile', ...bundle, profile: undefined, spread: undefined });
    expect(() => decodeBundle(gzipSync(new ByteWriter().textField(1, head).finish()))).toThrow('no profile');
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
