import { join } from 'node:path';
import { PeerProcess, logged } from '../../peers';
import { accept } from '../report';

const repository = join(__dirname, '..', '..', '..');
const script = join(repository, 'apps', 'cli', 'bin', 'plumbline.mjs');
/** A command may wait for images, stores and workers. */
const patienceMs = 420_000;

/** What a command came to. */
export interface Ended {
  readonly code: number;
  /** Standard output and standard error. */
  readonly said: string;
}

/** `plumbline` as a user starts it, with a cluster to look at. */
export class CommandLine {
  private runs = 0;

  /** @param directory for what commands print */
  constructor(
    private readonly kubeconfigFile: string,
    private readonly directory: string,
  ) {}

  /** Runs a command to its end. */
  async run(...args: readonly string[]): Promise<Ended> {
    const running = await this.start(args, () => Promise.resolve(true));
    const code = /exited with (\d+)/.exec(await running.outcome)?.[1];
    return { code: Number(code ?? Number.NaN), said: await running.log() };
  }

  /** The last line of what a command with `--json` prints. */
  async json(...args: readonly string[]): Promise<unknown> {
    const { said } = await this.run(...args, '--json');
    const line = said.split('\n').findLast((each) => each.startsWith('{'));
    accept(line !== undefined, `plumbline ${args.join(' ')} says nothing but:\n${said}`);
    return JSON.parse(line);
  }

  /** Starts a command that goes on, and waits until it has said this. */
  async startUntil(text: string, ...args: readonly string[]): Promise<PeerProcess> {
    return this.start(args, logged(text));
  }

  private start(args: readonly string[], ready: (process: PeerProcess) => Promise<boolean>): Promise<PeerProcess> {
    this.runs += 1;
    return PeerProcess.start({
      name: `plumbline-${this.runs}-${args[0] ?? ''}`,
      command: process.execPath,
      args: [script, ...args, '--kubeconfig', this.kubeconfigFile],
      env: { NO_COLOR: '1', NODE_NO_WARNINGS: '1' },
      directory: this.directory,
      ready,
      startTimeoutMs: patienceMs,
    });
  }
}
