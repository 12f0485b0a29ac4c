import { readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectory } from '@plumbline/tools/peers';
import { plumbline } from '../../end-to-end/plumbline';
import { runToEnd, type Ended, type ProgramRun } from './program';
import type { Servers } from './servers';

const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'how-to', 'restore.md'), 'utf8');

/** What is run elsewhere: it looks at a cluster, which a test of servers has none of. */
const elsewhere = new Set(['plumbline verify']);

/** Commands of a section of the page as a reader would type them: lines of its blocks, and what stands in its steps. */
export function commandsUnder(heading: string): readonly string[] {
  const section = page.split(/^## /m).find((each) => each.startsWith(`${heading}\n`));
  if (section === undefined) throw new RangeError(`the page has no section ${heading}`);
  const found = section.matchAll(/^```sh\n([^]*?)^```$|`((?:export|plumbline) [^`]+)`/gm);
  return Array.from(found, ([, block, inline = '']) => block?.split('\n') ?? [inline])
    .flat()
    .map((line) => line.replace(/\s+# .*$/, '').trim())
    .filter((line) => /^(export|plumbline) /.test(line) && !elsewhere.has(line));
}

/** Every section that has commands. */
export const sections = page
  .split(/^## /m)
  .slice(1)
  .map((section) => section.split('\n')[0] ?? '')
  .filter((heading) => commandsUnder(heading).length > 0);

/** A shell with `plumbline` in its path and nothing of this process's environment, in a folder of its own. */
export class Shell {
  /** Commands of the page that ended with 0. */
  readonly succeeded = new Set<string>();

  private constructor(
    readonly folder: string,
    private readonly values: Readonly<Record<string, string>>,
  ) {}

  static async open(servers: Servers): Promise<Shell> {
    const folder = await dataDirectory('runbook');
    await mkdir(join(folder, 'bin'));
    const script = `#!/bin/sh\nexec '${process.execPath}' '${await plumbline()}' "$@"\n`;
    await writeFile(join(folder, 'bin', 'plumbline'), script, { mode: 0o755 });
    return new Shell(folder, valuesOf(servers));
  }

  /** Runs lines until one fails. @param values in place of those that the page leaves open */
  async run(
    lines: readonly string[],
    values: Readonly<Record<string, string>> = {},
    more: Pick<ProgramRun, 'signal' | 'killSignal' | 'onOutput'> = {},
  ): Promise<Ended> {
    const all = { ...this.values, ...values };
    const text = lines.map((line) =>
      line.startsWith('export ')
        ? line.replace(/(\w+)=\S*…/g, (_, name: string) => `${name}=${open(all, name)}`)
        : line,
    );
    const env = { PATH: `${join(this.folder, 'bin')}:${process.env.PATH ?? ''}`, HOME: this.folder };
    const ended = await runToEnd({
      ...{ command: 'bash', args: ['-e', '-u', '-c', text.join('\n')], env, cwd: this.folder, ...more },
    });
    if (ended.code === 0) for (const line of lines) this.succeeded.add(line);
    return ended;
  }

  /** Runs commands of a section after those that every command needs. @param before sections whose variables it needs besides */
  section(heading: string, before: readonly string[] = []): Promise<Ended> {
    const exports = ['What every command needs', ...before].flatMap(exportsUnder);
    return this.run([...exports, ...commandsUnder(heading)]);
  }

  /** Runs a command that is not of the page, with the variables of all sections. */
  command(
    line: string,
    values: Readonly<Record<string, string>> = {},
    more: Pick<ProgramRun, 'signal' | 'killSignal' | 'onOutput'> = {},
  ): Promise<Ended> {
    return this.run([...sections.flatMap(exportsUnder), line], values, more);
  }
}

function exportsUnder(heading: string): readonly string[] {
  return commandsUnder(heading).filter((line) => line.startsWith('export '));
}

function open(values: Readonly<Record<string, string>>, name: string): string {
  const value = values[name];
  if (value === undefined) throw new RangeError(`the page leaves ${name} open, and the test has no value for it`);
  return `'${value}'`;
}

/** Values of what the page leaves open, by the names of variables. */
export function valuesOf({
  store,
  copies,
  kafka,
  node,
  asAdmin,
  authorityFile,
}: Servers): Readonly<Record<string, string>> {
  return {
    BACKUP_BUCKET: 'copies',
    BACKUP_PREFIX: 'plumbline/production',
    BACKUP_S3_ENDPOINT: copies.url,
    BACKUP_S3_REGION: 'eu-west-1',
    BACKUP_S3_ACCESS_KEY_ID: copies.root.accessKeyId,
    BACKUP_S3_SECRET_ACCESS_KEY: copies.root.secretAccessKey,
    BACKUP_S3_CA_FILE: copies.caFile,
    S3_ENDPOINT: store.url,
    S3_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: store.root.accessKeyId,
    AWS_SECRET_ACCESS_KEY: store.root.secretAccessKey,
    NODE_EXTRA_CA_CERTS: authorityFile,
    KAFKA_BROKERS: kafka.brokers.join(','),
    KAFKA_USERNAME: 'admin',
    KAFKA_PASSWORD: node.secrets['admin-redpanda-kafka']?.password ?? '',
    KAFKA_CA_FILE: authorityFile,
    ...asAdmin.postgres,
  };
}
