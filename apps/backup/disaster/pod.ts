import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { dataDirectory } from '@plumbline/tools/peers';
import type { KubeObject } from '../../../constructs/invariants';
import { objectOf, podTemplateOf, type TestContainer } from '../../../constructs/testing';
import { runConfig } from '../../../tools/image/dockerfile';
import { plumbline } from '../../end-to-end/plumbline';
import type { Secrets } from '../../end-to-end/rendered';
import { runToEnd, type Ended, type ProgramRun } from './program';

interface Mount {
  readonly name: string;
  readonly mountPath: string;
}

interface Volume {
  readonly name: string;
  readonly secret?: { readonly secretName: string; readonly items?: readonly Item[] };
  readonly configMap?: { readonly name: string };
}

interface Item {
  readonly key: string;
  readonly path: string;
}

interface SecretKeyRef {
  readonly secretKeyRef: { readonly name: string; readonly key: string };
}

/** Where pods of a test are. */
export interface Node {
  readonly objects: readonly KubeObject[];
  /** By name and key, those of certificates too. */
  readonly secrets: Secrets;
  /** What stands in texts that are not secret → what takes its place. */
  readonly addresses: Readonly<Record<string, string>>;
  /** Of files of ConfigMaps, before addresses are replaced: what this machine's servers cannot be told. @default - as rendered */
  readonly adapt?: (text: string) => string;
}

/** A container that is to be run. */
export type ContainerRun = Pick<ProgramRun, 'command' | 'args' | 'env'> & { readonly name: string };

/**
 * Makes of a rendered Job or CronJob what a kubelet would: its volumes as folders, its Secrets as files and variables, and nothing else.
 *
 * @returns its containers in the order in which they run
 */
export async function containersOf(
  node: Node,
  kind: 'Job' | 'CronJob',
  name: string,
): Promise<readonly ContainerRun[]> {
  const {
    containers,
    initContainers = [],
    volumes = [],
  } = podTemplateOf(node.objects, kind, name).spec as unknown as {
    readonly containers: readonly TestContainer[];
    readonly initContainers?: readonly TestContainer[];
    readonly volumes?: readonly Volume[];
  };
  const folder = await dataDirectory(name);
  const all = [...initContainers, ...containers];
  const paths = all
    .flatMap(({ volumeMounts = [] }) => volumeMounts as readonly Mount[])
    .map(({ name: volume, mountPath }) => [mountPath, join(folder, volume)] as const);
  const here = replacing([...paths, ...Object.entries(node.addresses)]);
  for (const volume of volumes) await fill(node, join(folder, volume.name), volume, here);
  const image = await imageCommand();
  return all.map((container): ContainerRun => {
    const given = [...(container.command ?? []), ...(container.args ?? [])].map(here);
    const [command = '', ...args] = [...(container.command === undefined ? image.command : []), ...given];
    const env = { ...(container.command === undefined && image.env), ...environmentOf(node, container, here) };
    return { name: container.name, command, args, env };
  });
}

/** Runs the containers of a pod one after the other, as far as they succeed. @returns how the last of them ended */
export async function runPod(
  node: Node,
  kind: 'Job' | 'CronJob',
  name: string,
  more: Pick<ProgramRun, 'signal' | 'onOutput'> & { readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Ended> {
  let ended: Ended = { code: 0, stdout: '', stderr: '' };
  for (const container of await containersOf(node, kind, name)) {
    ended = await runToEnd({ ...container, ...more, env: { ...container.env, ...more.env } });
    if (ended.code !== 0) break;
  }
  return ended;
}

/** Replaces in one pass, the longer first: what takes a place is not replaced again. */
function replacing(table: readonly (readonly [string, string])[]): (text: string) => string {
  const places = new Map(table);
  const longestFirst = Array.from(places.keys()).sort((a, b) => b.length - a.length);
  const any = new RegExp(longestFirst.map((each) => each.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|'), 'g');
  return (text) => text.replace(any, (found) => places.get(found) ?? found);
}

async function fill(node: Node, folder: string, volume: Volume, here: (text: string) => string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { secret, configMap } = volume;
  if (secret !== undefined) {
    const values = node.secrets[secret.secretName] ?? {};
    const items = secret.items ?? Object.keys(values).map((key) => ({ key, path: key }));
    for (const { key, path } of items) {
      const file = join(folder, path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, secretValue(node, secret.secretName, key), { mode: 0o600 });
    }
  }
  if (configMap !== undefined)
    for (const [file, text] of Object.entries(objectOf(node.objects, 'ConfigMap', configMap.name).data))
      await writeFile(join(folder, file), here(node.adapt?.(text) ?? text));
}

function environmentOf(node: Node, { env = [] }: TestContainer, here: (text: string) => string) {
  return Object.fromEntries(
    env.map(({ name, value, valueFrom }) => {
      if (valueFrom === undefined) return [name, here(value ?? '')];
      const { secretKeyRef } = valueFrom as SecretKeyRef;
      return [name, secretValue(node, secretKeyRef.name, secretKeyRef.key)];
    }),
  );
}

function secretValue({ secrets }: Node, name: string, key: string): string {
  const value = secrets[name]?.[key];
  if (value === undefined) throw new RangeError(`there is no Secret ${name} with ${key}: the pod would not start`);
  return value;
}

/** What the worker image starts, with what it sets. */
async function imageCommand(): Promise<{ readonly command: readonly string[]; readonly env: Record<string, string> }> {
  const { Env, Entrypoint } = runConfig();
  const flags = Entrypoint.filter((each) => each.startsWith('--'));
  return {
    command: [process.execPath, ...flags, await plumbline()],
    env: Object.fromEntries(Env.map((each) => each.split(/=(.*)/s).slice(0, 2) as [string, string])),
  };
}
