import { decodeManifest, type StoredObject } from '@plumbline/wire';
import type { ObjectStore } from '@plumbline/worker';
import { z } from 'zod';

/** What the manifest under a key names; nothing where there is none, or none that can be read. */
export async function readManifest(store: ObjectStore, key: string): Promise<StoredObject[]> {
  const bytes = await store.get(key);
  if (bytes === undefined) return [];
  try {
    return decodeManifest(bytes).objects;
  } catch (error) {
    if (error instanceof z.ZodError || error instanceof SyntaxError) return [];
    throw error;
  }
}

/** All that two readings of a record stored; of a trace that both put into an object, what the later one says. */
export function mergeStored(before: readonly StoredObject[], now: readonly StoredObject[]): StoredObject[] {
  const merged = new Map(before.map((object) => [object.key, object]));
  for (const { key, traces } of now) {
    const byId = new Map([...(merged.get(key)?.traces ?? []), ...traces].map((trace) => [trace.traceId, trace]));
    merged.set(key, { key, traces: [...byId.values()] });
  }
  return [...merged.values()];
}
