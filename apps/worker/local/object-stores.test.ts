import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ObjectStore } from '../object-store';
import { putFuller, spanCountMetadata } from '../object-store';
import { withFolder } from '../testing';
import { LocalObjectStore } from './local-object-store';
import { MemoryObjectStore } from './memory-object-store';

const bytes = (value: string): Uint8Array => Buffer.from(value);

async function contentOf(store: ObjectStore, key: string): Promise<string | undefined> {
  const body = await store.get(key);
  return body === undefined ? undefined : Buffer.from(body).toString();
}

async function keysOf(store: ObjectStore, prefix: string, startAfter?: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const key of store.list(prefix, startAfter)) keys.push(key);
  return keys;
}

describe.each([['a folder'], ['memory']])('a bucket in %s', (where) => {
  async function withStore(test: (store: ObjectStore) => Promise<void>): Promise<void> {
    if (where === 'memory') await test(new MemoryObjectStore('bucket'));
    else await withFolder(async (folder) => test(await LocalObjectStore.open(folder, 'bucket')));
  }

  it('gives back what was put, with its metadata', () =>
    withStore(async (store) => {
      await store.put('date=2026-01-01/a.json', bytes('first'), { metadata: { 'span-count': '3' } });
      expect(await contentOf(store, 'date=2026-01-01/a.json')).toBe('first');
      expect(await store.head('date=2026-01-01/a.json')).toMatchObject({ size: 5, metadata: { 'span-count': '3' } });
      await store.put('date=2026-01-01/a.json', bytes('second'));
      expect(await contentOf(store, 'date=2026-01-01/a.json')).toBe('second');
      expect(await store.head('date=2026-01-01/a.json')).toMatchObject({ size: 6, metadata: {} });
    }));

  it('says that there is no such object', () =>
    withStore(async (store) => {
      await store.put('a/b', bytes('x'));
      for (const key of ['missing', 'a', 'a/b/c']) {
        expect(await store.get(key)).toBeUndefined();
        expect(await store.head(key)).toBeUndefined();
      }
    }));

  it('writes an object that must be absent only once, whoever tries', () =>
    withStore(async (store) => {
      const puts = Array.from({ length: 16 }, (_, writer) =>
        store.put('one', bytes(`writer ${writer}`), { condition: { ifAbsent: true } }),
      );
      expect((await Promise.all(puts)).filter((written) => written)).toHaveLength(1);
    }));

  it('writes over an object only if it is still the one that was seen', () =>
    withStore(async (store) => {
      await store.put('k', bytes('one'));
      const seen = await store.head('k');
      await store.put('k', bytes('two'));
      const ifMatch = seen?.etag ?? '';
      expect(await store.put('k', bytes('three'), { condition: { ifMatch } })).toBe(false);
      expect(await store.put('absent', bytes('three'), { condition: { ifMatch } })).toBe(false);
      expect(await contentOf(store, 'k')).toBe('two');
    }));

  it('ends with the fullest version of a trace, however many write it at once', () =>
    withStore(async (store) => {
      const counts = [3, 9, 1, 7, 9, 4];
      await Promise.all(counts.map((count) => putFuller(store, 'trace', bytes(`${count} spans`), count)));
      expect(await contentOf(store, 'trace')).toBe('9 spans');
      expect((await store.head('trace'))?.metadata[spanCountMetadata]).toBe('9');
      expect(await putFuller(store, 'trace', bytes('other 9'), 9)).toBe(false);
    }));

  it('lists keys in the byte order of S3', () =>
    withStore(async (store) => {
      const keys = ['a-b', 'a.b', 'a/b', 'a/c/d', 'a0', 'b', 'a/é', 'a/z', 'a/\u{1f600}', 'a/\uffee'];
      for (const key of keys) await store.put(key, bytes('x'));
      const ordered = [...keys].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
      expect(await keysOf(store, '')).toEqual(ordered);
      expect(await keysOf(store, 'a/')).toEqual(ordered.filter((key) => key.startsWith('a/')));
      for (const start of [...keys, 'a/', 'a/c', 'a/c/zz', 'zz']) {
        const after = ordered.filter((key) => Buffer.compare(Buffer.from(key), Buffer.from(start)) > 0);
        expect(await keysOf(store, '', start)).toEqual(after);
      }
    }));
});

describe('a bucket in a folder', () => {
  it.each([
    ['../outside'],
    ['/absolute'],
    ['a/../../b'],
    ['a//b'],
    ['a/.'],
    ['.plumbline/metadata'],
    ['a\0b'],
    ['a\\b'],
    [''],
  ])('refuses the key %j', async (key) => {
    await withFolder(async (folder) => {
      const store = await LocalObjectStore.open(folder, 'bucket');
      await expect(store.put(key, bytes('x'))).rejects.toMatchObject({ code: 'PLUMBLINE_OBJECT_BAD_KEY' });
      await expect(store.get(key)).rejects.toMatchObject({ code: 'PLUMBLINE_OBJECT_BAD_KEY' });
    });
  });

  it('says so when a key cannot be held beside another', async () => {
    await withFolder(async (folder) => {
      const store = await LocalObjectStore.open(folder, 'bucket');
      await store.put('a/b', bytes('x'));
      await expect(store.put('a/b/c', bytes('x'))).rejects.toMatchObject({ code: 'PLUMBLINE_OBJECT_BAD_KEY' });
      await expect(store.put('a', bytes('x'))).rejects.toMatchObject({ code: 'PLUMBLINE_OBJECT_BAD_KEY' });
    });
  });

  it('lists neither what is unfinished nor what is a link out of it', async () => {
    await withFolder(async (folder) => {
      const store = await LocalObjectStore.open(folder, 'bucket');
      await writeFile(join(folder, 'bucket', '.plumbline', 'unfinished', 'half'), 'half');
      await symlink('/etc', join(folder, 'bucket', 'link'));
      await store.put('a', bytes('x'), { metadata: { k: 'v' } });
      expect(await keysOf(store, '')).toEqual(['a']);
    });
  });

  it('does not read an object larger than its limit', async () => {
    await withFolder(async (folder) => {
      const store = await LocalObjectStore.open(folder, 'bucket', 10);
      await store.put('large', bytes('eleven bytes'));
      await expect(store.get('large')).rejects.toThrow('object large in bucket has 12 bytes, at most 10 are read');
    });
  });
});
