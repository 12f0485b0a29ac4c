import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { baseline, names } from './baseline';
import { keptBaselines, parseBaseline, textOf } from './file';
import { updateBaselines } from './update';

const platform = (topics: readonly string[]) =>
  baseline({
    topics: Object.fromEntries(topics.map((name) => [name, { partitions: 3, cleanup: 'delete' }])),
    bindings: { 'RoleBinding a/b': { role: 'Role c' } },
    alerts: names(['Down']),
  });

describe('The files of the baseline', () => {
  let at = '';
  beforeEach(() => {
    at = mkdtempSync(join(tmpdir(), 'baseline-'));
  });
  afterEach(() => rmSync(at, { recursive: true }));

  const update = (topics: readonly string[], acceptBreaking = false) =>
    updateBaselines({ rendered: { shop: platform(topics) }, acceptBreaking, at });
  const kept = () => Object.keys(keptBaselines(at).shop?.topics ?? {});

  it('are sorted, a line for a thing, and read as they were written', () => {
    const text = textOf(platform(['b', 'a']));
    expect(text.split('\n').slice(1)).toEqual([
      '',
      'bindings:',
      '  RoleBinding a/b: Role c',
      'topics:',
      '  a: { cleanup: delete, partitions: 3 }',
      '  b: { cleanup: delete, partitions: 3 }',
      'alerts:',
      '  - Down',
      '',
    ]);
    expect(parseBaseline(text, 'shop.yaml')).toEqual(platform(['a', 'b']));
    expect(() => parseBaseline('topic: [a]', 'shop.yaml')).toThrow(
      'shop.yaml has a section topic; there are namespaces',
    );
  });

  it('get what is new without being told to', () => {
    expect(update(['a'])).toEqual({ lines: ['shop: nothing was kept of it before.'], breaking: 0, left: 0 });
    expect(update(['a', 'b']).lines).toEqual(['shop: topic b is new (cleanup delete, partitions 3).']);
    expect(kept()).toEqual(['a', 'b']);
    expect(update(['a', 'b']).lines).toEqual([]);
  });

  it('get what breaks something only when that is accepted', () => {
    update(['a', 'b']);
    const before = readFileSync(join(at, 'shop.yaml'), 'utf8');
    expect(update(['a'])).toMatchObject({ breaking: 1, left: 1 });
    expect(readFileSync(join(at, 'shop.yaml'), 'utf8')).toBe(before);
    // What is new beside it is written.
    expect(update(['a', 'c'])).toMatchObject({ breaking: 1, left: 1 });
    expect(kept()).toEqual(['a', 'b', 'c']);
    expect(update(['a', 'c'], true)).toMatchObject({ breaking: 1, left: 0 });
    expect(kept()).toEqual(['a', 'c']);
  });

  it('of an environment that is not rendered any more go when that is accepted', () => {
    update(['a']);
    const none = (acceptBreaking: boolean) => updateBaselines({ rendered: {}, acceptBreaking, at });
    expect(none(false)).toEqual({
      lines: ['shop is not rendered any more: who runs it gets no further upgrade.'],
      breaking: 1,
      left: 1,
    });
    expect(Object.keys(keptBaselines(at))).toEqual(['shop']);
    none(true);
    expect(Object.keys(keptBaselines(at))).toEqual([]);
  });
});
