import { spawn, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { measurementSeconds, mtrGraceSeconds } from '@plumbline/contracts';
import { MeasurementError, type Measurement } from './measurement';
import { parseReport } from './report';

/** How mtr is started. */
export interface MtrOptions {
  /** Folder with `bin/mtr`, `bin/mtr-packet` and their libraries in `lib`. @default - `mtr` of the system */
  readonly home?: string;
  /** Packets to each hop, a second apart. */
  readonly packets: number;
  readonly maxHops: number;
  /** After this it is killed. @default - as long as so many packets may take */
  readonly timeoutMs?: number;
}

/** Measures the path to an address. */
export type Measure = (address: string, stop: AbortSignal) => Promise<Measurement>;

/** A report of 255 hops has some 50 KB. */
const maxOutputBytes = 256 * 1024;
const maxErrorCharacters = 500;

/**
 * Measures by mtr. It needs neither root nor a capability where the group of the process is within `net.ipv4.ping_group_range`: its
 * `mtr-packet` opens ICMP sockets of datagrams then, for both versions of IP.
 *
 * @see https://github.com/traviscross/mtr/blob/v0.95/packet/probe_unix.c open_ip4_sockets_dgram
 */
export function measureByMtr(options: MtrOptions): Measure {
  return async (address, stop) => parseReport(await run(options, address, stop), address);
}

async function run(
  { home, packets, maxHops, timeoutMs }: MtrOptions,
  address: string,
  stop: AbortSignal,
): Promise<string> {
  const args = [
    ...['--json', '--no-dns', '--report-cycles', String(packets), '--gracetime', String(mtrGraceSeconds)],
    // Without, it ends at the fifth router in a row that does not answer, and what is behind them is lost.
    ...['--max-ttl', String(maxHops), '--max-unknown', String(maxHops), '--', address],
  ];
  // A group of its own, so that mtr-packet ends with it.
  const child = spawn(home === undefined ? 'mtr' : join(home, 'bin', 'mtr'), args, {
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: childEnvironment(home),
  });
  const ended = outcome(child);
  const late = new AbortController();
  const timer = setTimeout(
    () => {
      late.abort();
      killGroup(child);
    },
    timeoutMs ?? measurementSeconds(packets) * 1000,
  );
  const onStop = (): void => killGroup(child);
  stop.addEventListener('abort', onStop, { once: true });
  if (stop.aborted) onStop();
  try {
    const { stdout, stderr, how } = await ended;
    if (late.signal.aborted) throw new MeasurementError('timeout', 'mtr did not end in time');
    // It ends with 0 also where it could not begin.
    if (how === 'exited with 0' && stdout !== '') return stdout;
    throw new MeasurementError('failed', `mtr ${how}: ${said(stderr)}`);
  } finally {
    clearTimeout(timer);
    stop.removeEventListener('abort', onStop);
  }
}

/** Nothing of ours: no secret, and no `MTR_OPTIONS`, that would add options. */
function childEnvironment(home: string | undefined): NodeJS.ProcessEnv {
  if (home === undefined) return { LC_ALL: 'C', PATH: process.env.PATH ?? '/usr/bin:/usr/sbin:/bin:/sbin' };
  return { LC_ALL: 'C', LD_LIBRARY_PATH: join(home, 'lib'), MTR_PACKET: join(home, 'bin', 'mtr-packet') };
}

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly how: string;
}

function outcome(child: ChildProcess): Promise<Outcome> {
  const [stdout, stderr] = [bounded(child, child.stdout), bounded(child, child.stderr)];
  return new Promise((resolve) => {
    const end = (how: string): void => resolve({ stdout: stdout(), stderr: stderr(), how });
    child.once('error', (error) => end(`could not be started (${error.message})`));
    child.once('close', (code, signal) => end(code === null ? `was ended by ${signal ?? '?'}` : `exited with ${code}`));
  });
}

/** Collects what comes; a program that says more than it could have to say is ended. */
function bounded(child: ChildProcess, stream: ChildProcess['stdout']): () => string {
  const chunks: Buffer[] = [];
  let bytes = 0;
  stream?.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes <= maxOutputBytes) chunks.push(chunk);
    else killGroup(child);
  });
  return () => Buffer.concat(chunks).toString('utf8');
}

function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

/** The lines of both programs, as one. */
function said(stderr: string): string {
  const text = stderr
    .trim()
    .replaceAll(/\s*\n\s*/g, '; ')
    .slice(0, maxErrorCharacters);
  return text === '' ? 'it said nothing' : text;
}
