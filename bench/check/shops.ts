import { replay, presets, IncidentWatch, type CheckReport } from '@plumbline/standalone';
import type { Incident } from '@plumbline/wire';
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { InjectedFault, Told } from './judge';
import type { PlannedFault } from './plan';
import type { RecordedShop } from './recorded-shop';

const root = join(__dirname, '..', '..');

/** Told of what happens, a line each. */
export type Say = (line: string) => void;

/** What `plumbline check` says of a recording, by its own process: the receivers of this one go on meanwhile. */
export async function checkRecording(path: string, kinds: readonly string[], seed: number): Promise<CheckReport> {
  const args = ['--import', 'tsx', join('apps', 'cli', 'main.ts')];
  args.push('check', path, '--json', '--kinds', kinds.join(','), '--seed', String(seed));
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (output.out += chunk.toString('utf8')));
  child.stderr.on('data', (chunk: Buffer) => (output.err = (output.err + chunk.toString('utf8')).slice(-2000)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0) throw new Error(`plumbline check ended with ${code ?? 'a signal'}: ${output.err}`);
  return JSON.parse(output.out) as CheckReport;
}

/** How long a fault is on and how long it is quiet after it, seconds. */
export interface Rhythm {
  readonly broken: number;
  readonly quiet: number;
}

/** Breaks a shop by one fault after another. */
export async function breakShop(
  shop: Pick<RecordedShop, 'name' | 'inject' | 'clear'>,
  faults: readonly PlannedFault[],
  { broken, quiet }: Rhythm,
  say: Say,
): Promise<InjectedFault[]> {
  const injected: InjectedFault[] = [];
  for (const planned of faults) {
    const { at, description } = await shop.inject(planned.fault, planned.service, planned.parameters);
    say(`shop ${shop.name}, ${injected.length + 1} of ${faults.length}: ${description}`);
    await sleep(broken * 1000);
    await shop.clear();
    injected.push({ ...planned, injectedMs: at.getTime(), endedMs: Date.now() });
    await sleep(quiet * 1000);
  }
  return injected;
}

/** What the pipeline says of a recording of one shop with the preset `server`. */
export async function tellOf(paths: readonly string[]): Promise<Told> {
  const watch = new IncidentWatch();
  const newest = new Map<string, Incident>();
  const { learning, eventTimeMs } = await replay(paths, {
    settings: presets.server,
    onIncident: (incident) => {
      watch.add(incident);
      newest.set(incident.id, incident);
    },
  });
  const open = [...newest.values()].map(({ openedAtMs, resolvedAtMs }) => ({
    fromMs: openedAtMs,
    toMs: resolvedAtMs ?? eventTimeMs,
  }));
  return { watch, open, fromMs: learning.effectiveFromMs ?? eventTimeMs, toMs: eventTimeMs };
}
