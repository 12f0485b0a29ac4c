import { createHash } from 'node:crypto';
import type { ObjectInfo, ObjectStore, PutOptions } from '../object-store';
import { compareBytes } from './walk';

interface Stored {
  readonly body: Uint8Array;
  readonly info: ObjectInfo;
}

/** A bucket that is gone with the process, for replay and tests. */
export class MemoryObjectStore implements ObjectStore {
  private readonly objects = new Map<string, Stored>();
  private version = 0;

  constructor(readonly bucket: string) {}

  put(key: string, body: Uint8Array, { condition, metadata = {} }: PutOptions = {}): Promise<boolean> {
    const present = this.objects.get(key);
    if (condition !== undefined) {
      const holds = 'ifAbsent' in condition ? present === undefined : present?.info.etag === condition.ifMatch;
      if (!holds) return Promise.resolve(false);
    }
    this.version += 1;
    const etag = `${createHash('md5').update(body).digest('hex')}-${this.version}`;
    this.objects.set(key, { body: body.slice(), info: { key, size: body.length, etag, metadata: { ...metadata } } });
    return Promise.resolve(true);
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return Promise.resolve(this.objects.get(key)?.body.slice());
  }

  head(key: string): Promise<ObjectInfo | undefined> {
    return Promise.resolve(this.objects.get(key)?.info);
  }

  async *list(prefix: string, startAfter = ''): AsyncIterable<string> {
    const keys = Array.from(this.objects.keys()).sort(compareBytes);
    for (const key of keys) {
      if (key.startsWith(prefix) && compareBytes(key, startAfter) > 0) yield await Promise.resolve(key);
    }
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
