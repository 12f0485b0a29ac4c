import { BundleError, decodeBundle, decodeIncident, type Bundle, type Incident } from '@plumbline/wire';
import { messageOf } from '@plumbline/worker';
import { readFile } from 'node:fs/promises';
import { UsageError } from '../errors';

/** Largest file that is read as incidents, bytes. */
const maxIncidentBytes = 64 * 1024 * 1024;
/** Longest reason that is repeated. */
const maxReason = 300;

/**
 * Reads incidents: one JSON object, or one a line.
 *
 * @throws {UsageError} naming the file, and the line that is no incident
 */
export async function readIncidents(file: string): Promise<Incident[]> {
  const text = (await read(file)).toString('utf8');
  if (text.length > maxIncidentBytes) throw new UsageError(`${file}: larger than ${maxIncidentBytes} bytes`);
  const whole = tryDecode(text);
  if (whole !== undefined) return [whole];
  return text
    .split('\n')
    .flatMap((line, i) => (line.trim() === '' ? [] : [{ line, number: i + 1 }]))
    .map(({ line, number }) => {
      try {
        return decodeIncident(Buffer.from(line));
      } catch (cause) {
        throw new UsageError(`${file}:${number}: no incident: ${reason(cause)}`, { cause });
      }
    });
}

/** @throws {UsageError} naming the file that is no bundle */
export async function readBundle(file: string): Promise<Bundle> {
  const bytes = await read(file);
  try {
    return decodeBundle(bytes);
  } catch (cause) {
    if (!(cause instanceof BundleError)) throw cause;
    throw new UsageError(`${file}: ${reason(cause)}`, { cause });
  }
}

function tryDecode(text: string): Incident | undefined {
  try {
    return decodeIncident(Buffer.from(text));
  } catch {
    return undefined;
  }
}

async function read(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new UsageError(`${file}: ${missing ? 'no such file' : messageOf(cause)}`, { cause });
  }
}

function reason(error: unknown): string {
  return messageOf(error).replace(/\s+/g, ' ').slice(0, maxReason);
}
