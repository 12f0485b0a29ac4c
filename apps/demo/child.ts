import { fork, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { DemoError } from './errors';
import type { FromChild, FromParent } from './messages';

/** How a {@link Child} is started. */
export interface ChildOptions {
  /** What it is called in messages; also the name of its log. */
  readonly name: string;
  /** Its module, relative to this folder, without extension. */
  readonly entry: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Modules loaded before its own. */
  readonly preload?: readonly string[];
  /** Flags of its runtime. */
  readonly nodeFlags?: readonly string[];
  /** Folder for `<name>.log`. */
  readonly logDirectory: string;
  readonly onMessage: (message: FromChild) => void;
  /** Called if it ends before it was told to. */
  readonly onCrash: (error: DemoError) => void;
}

const lastLines = 12;
const living = new Set<ChildProcess>();

process.on('exit', () => {
  for (const child of living) child.kill('SIGKILL');
});

/** A process of the shop. It ends with its parent: it watches its channel to it, and is killed when this process exits. */
export class Child {
  readonly logFile: string;
  private readonly process: ChildProcess;
  private readonly ended: Promise<void>;
  private stopping = false;

  constructor(private readonly options: ChildOptions) {
    this.logFile = join(options.logDirectory, `${options.name}.log`);
    const extension = extname(__filename);
    // From source the entry is TypeScript; compiled it is not. The compiler goes last, or it would look at what is preloaded.
    const preload = [...(options.preload ?? []), ...(extension === '.ts' ? [require.resolve('tsx/cjs')] : [])];
    const log = openSync(this.logFile, 'a');
    this.process = fork(join(__dirname, `${options.entry}${extension}`), [], {
      execArgv: [...(options.nodeFlags ?? []), ...preload.flatMap((module) => ['--require', module])],
      env: { ...inheritedEnvironment(), ...options.environment },
      stdio: ['ignore', log, log, 'ipc'],
    });
    closeSync(log);
    living.add(this.process);
    this.process.on('message', (message) => options.onMessage(message as FromChild));
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        living.delete(this.process);
        resolve();
        if (!this.stopping) options.onCrash(this.crash(how));
        this.stopping = true;
      };
      this.process.once('exit', (code, signal) => end(signal === null ? `with code ${String(code)}` : `by ${signal}`));
      this.process.once('error', (error) => end(`: ${error.message}`));
    });
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  /** Sends unless it has gone; a child that has gone is reported through `onCrash`. */
  send(message: FromParent): void {
    if (this.process.connected) this.process.send(message);
  }

  /** Asks it to end, and after `patienceMs` makes it. */
  async stop(patienceMs: number): Promise<void> {
    if (this.stopping) return this.ended;
    this.stopping = true;
    this.process.kill('SIGTERM');
    const timer = setTimeout(() => this.process.kill('SIGKILL'), patienceMs);
    await this.ended;
    clearTimeout(timer);
  }

  private crash(how: string): DemoError {
    const lines = readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lastLines).join('\n');
    return new DemoError(
      'DEMO_CHILD_EXITED',
      `${this.options.name} ended ${how}; the end of ${this.logFile}:\n${lines}`,
    );
  }
}

/** This process's environment without what would steer the child's runtime or its instrumentation. */
function inheritedEnvironment(): NodeJS.ProcessEnv {
  const steers = (name: string): boolean =>
    name.startsWith('OTEL_') || name.startsWith('NODE_') || name.startsWith('JEST_');
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !steers(name)));
}
