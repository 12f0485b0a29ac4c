import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PeerFailedError } from './errors';
import { guardGroup } from './guard';

/** A server under test's control. Its data and ports stay the same until the test process ends. */
export interface Peer {
  /** Folder of its configuration, data and log. */
  readonly directory: string;
  /** SIGTERM, and SIGKILL if that is not obeyed in time; resolves when it is gone. Nothing if it is not running. */
  stop(): Promise<void>;
  /** SIGKILL; resolves when it is gone. */
  kill(): Promise<void>;
  /** Starts it again on the same data, after stopping it if it still runs; resolves when it is ready. */
  restart(): Promise<void>;
}

/** What decides that a server is ready: asked again and again until it answers true. */
export type Readiness = (process: PeerProcess) => Promise<boolean>;

export interface PeerProcessOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Its whole environment, besides PATH, HOME (its folder) and JAVA_HOME. */
  readonly env?: Readonly<Record<string, string>>;
  readonly directory: string;
  readonly ready: Readiness;
  /** @default 60_000 */
  readonly startTimeoutMs?: number;
  /** @default 15_000 */
  readonly stopTimeoutMs?: number;
}

const pollMs = 100;
const logTailLines = 30;

/** One process, its output in a log file, that does not outlive the process that started it. */
export class PeerProcess implements Peer {
  readonly directory: string;
  readonly logFile: string;
  private child: ChildProcess | undefined;
  private ended: Promise<string> = Promise.resolve('is not started');
  private logStart = 0;

  private constructor(private readonly options: PeerProcessOptions) {
    this.directory = options.directory;
    this.logFile = join(options.directory, `${options.name}.log`);
  }

  /**
   * Starts a server and waits until it is ready.
   *
   * @throws {PeerFailedError} if it ends first, or is not ready in time; it is killed then
   */
  static async start(options: PeerProcessOptions): Promise<PeerProcess> {
    const peer = new PeerProcess(options);
    await peer.restart();
    return peer;
  }

  /** This server, with what a test has to know of it besides. */
  with<About extends object>(about: About): Peer & About {
    return {
      ...about,
      directory: this.directory,
      stop: () => this.stop(),
      kill: () => this.kill(),
      restart: () => this.restart(),
    };
  }

  /** The process id, while it runs. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** How its last run ended, such as `exited with 0` or `was ended by SIGKILL`; while it runs, waits for that. */
  get outcome(): Promise<string> {
    return this.ended;
  }

  /** What it has printed since it was last started. */
  async log(): Promise<string> {
    const bytes = await readFile(this.logFile);
    return bytes.subarray(this.logStart).toString('utf8');
  }

  async stop(): Promise<void> {
    await this.end('SIGTERM', this.options.stopTimeoutMs ?? 15_000);
  }

  async kill(): Promise<void> {
    await this.end('SIGKILL', 0);
  }

  /** SIGSTOP: it is still there, takes connections, and answers nothing until it is resumed. */
  pause(): void {
    if (this.child?.pid !== undefined) signalGroup(this.child.pid, 'SIGSTOP');
  }

  /** SIGCONT. */
  resume(): void {
    if (this.child?.pid !== undefined) signalGroup(this.child.pid, 'SIGCONT');
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.spawn();
    await this.waitUntilReady();
  }

  private async spawn(): Promise<void> {
    const { command, args, env, directory } = this.options;
    mkdirSync(directory, { recursive: true });
    const log = openSync(this.logFile, 'a');
    this.logStart = (await stat(this.logFile)).size;
    const child = spawn(command, args, {
      cwd: directory,
      env: { ...inherited(), HOME: directory, ...env },
      // A group of its own, so that Ctrl-C on the tests lets them stop it in order.
      detached: true,
      stdio: ['ignore', log, log],
    });
    closeSync(log);
    child.unref();
    const release = child.pid === undefined ? () => undefined : guardGroup(child.pid);
    this.child = child;
    this.ended = new Promise((resolve) => {
      const finish = (outcome: string) => {
        release();
        if (this.child === child) this.child = undefined;
        resolve(outcome);
      };
      child.once('error', (error) => finish(`could not be started (${error.message})`));
      child.once('exit', (code, signal) => finish(signal ? `was ended by ${signal}` : `exited with ${code ?? '?'}`));
    });
  }

  private async waitUntilReady(): Promise<void> {
    const timeoutMs = this.options.startTimeoutMs ?? 60_000;
    const deadline = performance.now() + timeoutMs;
    let early: string | undefined;
    void this.ended.then((how) => {
      early = `${how} before it was ready`;
    });
    while (!(await this.options.ready(this))) {
      const late = performance.now() > deadline ? `was not ready within ${timeoutMs / 1000} s` : undefined;
      const outcome = early ?? late;
      if (outcome !== undefined) {
        await this.kill();
        throw new PeerFailedError(this.options.name, outcome, await this.logTail());
      }
      await sleep(pollMs);
    }
  }

  private async end(signal: NodeJS.Signals, patienceMs: number): Promise<void> {
    const pid = this.child?.pid;
    if (pid === undefined) return;
    signalGroup(pid, signal);
    if (signal !== 'SIGKILL') {
      const patience = new AbortController();
      const gone = this.ended.then(() => patience.abort());
      await Promise.race([gone, sleep(patienceMs, undefined, { signal: patience.signal }).catch(() => undefined)]);
      if (this.child?.pid !== pid) return;
      signalGroup(pid, 'SIGKILL');
    }
    this.child?.ref();
    await this.ended;
  }

  private async logTail(): Promise<string> {
    return (await this.log()).trimEnd().split('\n').slice(-logTailLines).join('\n');
  }
}

function signalGroup(group: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-group, signal);
  } catch (error) {
    // It has ended by itself, and the event that says so is still to come. By shape, for errors of a test's sandbox.
    const gone = typeof error === 'object' && error !== null && 'code' in error && error.code === 'ESRCH';
    if (!gone) throw error;
  }
}

function inherited(): Record<string, string> {
  const { PATH = '', JAVA_HOME } = process.env;
  return { PATH, ...(JAVA_HOME !== undefined && { JAVA_HOME }) };
}
