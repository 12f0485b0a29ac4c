import { setTimeout as sleep } from 'node:timers/promises';
import type { Progress } from '../output/progress';
import { count, VerifyError } from '../verify/check';
import type { ClusterApi } from '../verify/cluster/api';
import type { Cluster } from '../verify/cluster/cluster';
import { RenderedEnvironment, type RenderedObject } from '../verify/rendered';
import { applyFile, formatCounts, formatRefusal, inOrder, type FileResult } from './apply';
import { doorsOf, passwordCommand } from './doors';
import type { ManifestFile, ManifestFolder } from './folder';
import { waitUntilReady } from './wait';

export interface UpOptions {
  readonly timeoutMs: number;
  readonly force: boolean;
  /** Whether ports are forwarded until it is interrupted. */
  readonly forward: boolean;
  readonly signal: AbortSignal;
  readonly progress: Progress;
  /** Prints to standard output. */
  readonly print: (line: string) => void;
}

/** How long a definition of a custom resource may take until its kind is served, milliseconds. */
const establishedWithinMs = 30_000;

/**
 * Applies an environment, waits until it is ready, and forwards its ports.
 *
 * @returns the exit code
 * @throws {VerifyError} without an answer of the API server
 */
export async function up(cluster: Cluster, folder: ManifestFolder, options: UpOptions): Promise<number> {
  const isApplied = await applyFiles(cluster.api, folder.files, options);
  if (!isApplied) return 1;
  if (!(await ready(cluster.api, folder.rendered, options))) return 1;
  const password = passwordCommand(folder.rendered, cluster.context);
  if (!options.forward) {
    if (password !== undefined) options.print(`Password of Grafana  ${password}`);
    return 0;
  }
  await openDoors(cluster, folder, options);
  if (password !== undefined) options.print(`Password of Grafana  ${password}`);
  options.progress.note('Ports are forwarded until Ctrl-C; what was applied stays. plumbline down removes it.');
  await sleep(2 ** 31 - 1, undefined, { signal: options.signal }).catch(() => undefined);
  return 0;
}

/**
 * Applies the examples of an environment and waits until they are ready.
 *
 * @returns the exit code
 * @throws {VerifyError} without an answer of the API server
 */
export async function deployExamples(
  cluster: Cluster,
  { directory, rendered }: ManifestFolder,
  examples: ManifestFile,
  options: UpOptions,
): Promise<number> {
  if (!(await applyFiles(cluster.api, [examples], options))) return 1;
  if (!(await ready(cluster.api, new RenderedEnvironment(examples.objects, directory), options))) return 1;
  const doors = doorsOf(rendered);
  const page = doors.find(({ title }) => title === 'Incidents');
  if (doors.some(({ title }) => title === 'Grafana')) {
    options.print('Traces     Grafana, Explore, Tempo: search for the services of the examples');
  }
  if (page !== undefined) {
    options.print(
      'Incidents  on the page; the pipeline learns for some minutes first, and is silent until something breaks',
    );
  }
  options.print('Addresses  plumbline up forwards the ports and prints them');
  return 0;
}

/** Whether everything was taken. */
async function applyFiles(
  api: ClusterApi,
  files: readonly ManifestFile[],
  { force, progress, signal, print }: UpOptions,
): Promise<boolean> {
  const { first, rest } = inOrder(files);
  const results: FileResult[] = [];
  for (const [name, objects] of [
    ['definitions', first.filter(({ kind }) => kind === 'CustomResourceDefinition')],
    ['namespaces', first.filter(({ kind }) => kind === 'Namespace')],
  ] as const) {
    if (objects.length === 0) continue;
    results.push(await applyFile(api, { name, objects }, { force }));
    if (name === 'definitions') await waitUntilServed(api, objects, signal);
  }
  const tell = (result: FileResult) => {
    const text = `${result.file}: ${formatCounts(result)}`;
    if (result.refused.length > 0) progress.alarm(text);
    else progress.done(text);
    for (const refusal of result.refused) for (const line of formatRefusal(refusal)) progress.note(line);
  };
  results.forEach(tell);
  // Without its namespace everything else would be refused, each with the same reason.
  if (results.every(({ refused }) => refused.length === 0)) {
    for (const file of rest) {
      if (file.objects.length === 0) continue;
      signal.throwIfAborted();
      progress.busy(`applying ${file.name}`);
      const result = await applyFile(api, file, { force });
      results.push(result);
      tell(result);
    }
  }
  const refusals = results.flatMap(({ refused }) => refused);
  if (refusals.length === 0) return true;
  print(`${count(refusals.length, 'object')} refused; what was taken stays.`);
  return false;
}

async function waitUntilServed(api: ClusterApi, definitions: readonly RenderedObject[], signal: AbortSignal) {
  const deadline = performance.now() + establishedWithinMs;
  for (const definition of definitions) {
    for (;;) {
      const live = (await api.read(definition)) as {
        readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
      };
      const isServed = live.status?.conditions?.some(({ type, status }) => type === 'Established' && status === 'True');
      if (isServed === true) break;
      if (performance.now() > deadline) {
        const name = definition.metadata.name;
        throw new VerifyError(
          `${name} is not served after ${establishedWithinMs / 1000} s`,
          `kubectl describe crd ${name}`,
        );
      }
      await sleep(250, undefined, { signal });
    }
  }
  api.forgetResources();
}

/** Waits, and says what came of it. */
async function ready(api: ClusterApi, rendered: RenderedEnvironment, options: UpOptions): Promise<boolean> {
  const { progress, timeoutMs, signal, print } = options;
  const { done, total, pending } = await waitUntilReady(api, rendered, { timeoutMs, signal, progress });
  if (pending.length === 0) {
    progress.done(`${total} of ${total} ready: workloads available, Jobs complete, claims bound`);
    return true;
  }
  const isFailed = pending.some((each) => each.isFailed);
  progress.alarm(
    isFailed ? `${done} of ${total} ready, and something has failed` : `${done} of ${total} ready in time`,
  );
  for (const { what, why } of pending) print(`- ${what}: ${why}`);
  print('plumbline doctor says what to do; plumbline up waits again.');
  return false;
}

async function openDoors(cluster: Cluster, { rendered }: ManifestFolder, { print }: UpOptions): Promise<void> {
  for (const { title, scheme, namespace, service, port, preferred } of doorsOf(rendered)) {
    const local = await cluster.forwardService(namespace, service, port, preferred);
    print(`${title.padEnd(24)} ${scheme}://localhost:${local}`);
  }
}
