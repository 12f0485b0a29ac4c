import { createHash } from 'node:crypto';
import { execFile } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { readRecording } from '@plumbline/standalone';
import { encodeVarint } from '../../apps/standalone/otlp/protobuf-fields';
import { QualityError } from './bench-error';
import { readPlan, type Plan } from './plan';

/** The two recorded systems. */
export const systems = ['nezha-ob', 'nezha-tt'] as const;
export type System = (typeof systems)[number];

/** What they are called in tables. */
export const systemTitles: Readonly<Record<System, string>> = {
  'nezha-ob': 'Online Boutique',
  'nezha-tt': 'Train Ticket',
};

/** Where the recordings lie; not part of this repository. */
export const dataFolder = process.env.PLUMBLINE_DATA ?? resolve(__dirname, '..', '..', '..', 'shared', 'data');

/** Whether the recordings are there. */
export function hasData(): boolean {
  return systems.every((system) => existsSync(join(dataFolder, system, 'dev', 'labels.json')));
}

/** A recorded system as one continuous stream. */
export interface Stream {
  readonly system: System;
  readonly seed: number;
  readonly plan: Plan;
  /** Length-delimited protobuf. */
  readonly recording: string;
}

/**
 * Makes the stream with `stream.py`, once for each seed: it is kept among the system's temporary files.
 *
 * @throws {QualityError} when the recordings are not there or Python fails
 */
export async function makeStream(system: System, seed: number): Promise<Stream> {
  if (!hasData()) throw new QualityError(`no recordings in ${dataFolder}; say where they are with PLUMBLINE_DATA`);
  const folder = join(cacheFolder(), `${system}-${seed}-${scriptsHash()}`);
  const recording = join(folder, 'requests.bin');
  if (!existsSync(recording)) {
    const unfinished = `${folder}-${process.pid}`;
    mkdirSync(unfinished, { recursive: true });
    await python(['stream.py', '--system', system, '--seed', String(seed), '--out', unfinished]);
    await toProtobuf(join(unfinished, 'requests.jsonl'), join(unfinished, 'requests.bin'));
    rmSync(join(unfinished, 'requests.jsonl'));
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  }
  return { system, seed, plan: readPlan(join(folder, 'plan.json')), recording };
}

/** Where what can be made again is kept from run to run. */
export function cacheFolder(): string {
  return join(tmpdir(), 'plumbline-quality');
}

async function python(args: readonly string[]): Promise<void> {
  const [script = '', ...rest] = args;
  try {
    await promisify(execFile)('python3', [join(dataFolder, script), ...rest]);
  } catch (cause) {
    throw new QualityError(`python3 ${args.join(' ')}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** Turns JSON lines into the form that is read an order of magnitude faster. */
async function toProtobuf(from: string, to: string): Promise<void> {
  const file = createWriteStream(to);
  for await (const { bytes } of readRecording(from)) {
    if (!file.write(Buffer.concat([encodeVarint(bytes.length), bytes]))) await once(file, 'drain');
  }
  file.end();
  await once(file, 'finish');
}

/** A stream made by other scripts is another stream. */
function scriptsHash(): string {
  const hash = createHash('sha256');
  for (const script of ['stream.py', 'otlp.py']) hash.update(readFileSync(join(dataFolder, script)));
  return hash.digest('hex').slice(0, 8);
}
