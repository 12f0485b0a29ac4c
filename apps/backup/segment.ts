import { gzip } from 'node:zlib';
import { promisify } from 'node:util';
import type { IHeaders, KafkaMessage } from 'kafkajs';
import { z } from 'zod';
import { sha256Of } from './vault';

const compress = promisify(gzip);

const base64 = z.base64().nullable();

/** A record as a line of a segment. Bytes are in base64; a value that is `null` is a tombstone. */
const recordLine = z.object({
  offset: z.int().min(0),
  /** Milliseconds since the epoch. */
  timestamp: z.int(),
  key: base64,
  value: base64,
  /** Name and value, in the order in which they were given; a name may come more than once. */
  headers: z.array(z.tuple([z.string(), base64])),
});

/** A record of a topic, as it is stored. */
export interface StoredRecord {
  readonly offset: number;
  readonly timestampMs: number;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: readonly (readonly [string, Buffer | null])[];
}

export function storedRecord({ offset, timestamp, key, value, headers = {} }: KafkaMessage): StoredRecord {
  return {
    offset: Number(offset),
    timestampMs: Number(timestamp),
    key,
    value,
    headers: Object.entries(headers).flatMap(([name, given]) =>
      (Array.isArray(given) ? given : [given]).map((each) => [name, bytesOf(each)] as const),
    ),
  };
}

export function headersOf({ headers }: StoredRecord): IHeaders {
  const all = new Map<string, Buffer[]>();
  for (const [name, value] of headers) all.set(name, [...(all.get(name) ?? []), value ?? Buffer.alloc(0)]);
  return Object.fromEntries(Array.from(all, ([name, values]) => [name, values.length === 1 ? values[0] : values]));
}

export function formatRecord(record: StoredRecord): string {
  const line: z.infer<typeof recordLine> = {
    offset: record.offset,
    timestamp: record.timestampMs,
    key: text(record.key),
    value: text(record.value),
    headers: record.headers.map(([name, value]) => [name, text(value)]),
  };
  return `${JSON.stringify(line)}\n`;
}

export function parseRecord(line: string): StoredRecord {
  const { offset, timestamp, key, value, headers } = recordLine.parse(JSON.parse(line));
  return {
    offset,
    timestampMs: timestamp,
    key: bytes(key),
    value: bytes(value),
    headers: headers.map(([name, each]) => [name, bytes(each)]),
  };
}

export function packLines(lines: readonly string[]): Promise<Buffer> {
  return compress(lines.join(''));
}

/** Tells a record from others but for its place. @param timed whether its time is the producer's, not the broker's own */
export function digestOf({ timestampMs, key, value, headers }: StoredRecord, timed: boolean): string {
  const parts = [timed ? timestampMs : 0, text(key), text(value), headers.map(([name, each]) => [name, text(each)])];
  return sha256Of(JSON.stringify(parts)).slice(0, 32);
}

function bytesOf(value: Buffer | string | undefined): Buffer | null {
  if (value === undefined) return null;
  return typeof value === 'string' ? Buffer.from(value) : value;
}

function text(value: Buffer | null): string | null {
  return value === null ? null : value.toString('base64');
}

function bytes(value: string | null): Buffer | null {
  return value === null ? null : Buffer.from(value, 'base64');
}
