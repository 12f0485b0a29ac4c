import { isDeepStrictEqual } from 'node:util';
import { VerifyError } from '../verify/check';
import { reasonOf, type ClusterApi } from '../verify/cluster/api';
import { describeObject, type RenderedObject } from '../verify/rendered';
import { concurrently, requestsAtOnce } from './concurrently';
import type { ManifestFile } from './folder';
import { fieldManager } from './ownership';

/** What applying an object came to. */
export type Change = 'created' | 'changed' | 'unchanged';

/** An object that the API server did not take, and what to do. */
export interface Refusal {
  readonly object: RenderedObject;
  readonly reason: string;
  readonly todo: string;
}

/** What applying a file came to. */
export interface FileResult {
  readonly file: string;
  readonly counts: Readonly<Record<Change, number>>;
  readonly refused: readonly Refusal[];
}

export interface ApplyOptions {
  /** Takes fields over that somebody else set. @default false */
  readonly force?: boolean;
  /** Has the API server decide, and change nothing. @default false */
  readonly dryRun?: boolean;
}

/** Kinds that others need to be there. */
const firstKinds = ['CustomResourceDefinition', 'Namespace'];

/** Definitions and namespaces of all files, and then the rest of each. */
export function inOrder(files: readonly ManifestFile[]): {
  readonly first: readonly RenderedObject[];
  readonly rest: readonly ManifestFile[];
} {
  const isFirst = ({ kind }: RenderedObject) => firstKinds.includes(kind);
  const first = files.flatMap(({ objects }) => objects.filter(isFirst));
  return {
    first: first.toSorted((a, b) => firstKinds.indexOf(a.kind) - firstKinds.indexOf(b.kind)),
    rest: files.map(({ name, objects }) => ({ name, objects: objects.filter((object) => !isFirst(object)) })),
  };
}

/**
 * Applies a file by server-side apply; what is refused stands in the way of nothing else.
 *
 * @throws {VerifyError} without an answer of the API server
 */
export async function applyFile(
  api: ClusterApi,
  { name, objects }: ManifestFile,
  options: ApplyOptions = {},
): Promise<FileResult> {
  const counts: Record<Change, number> = { created: 0, changed: 0, unchanged: 0 };
  const refused: Refusal[] = [];
  await concurrently(objects, requestsAtOnce, async (object) => {
    const result = await applyObject(api, object, options);
    if (typeof result === 'string') counts[result] += 1;
    else refused.push(result);
  });
  return { file: name, counts, refused };
}

/**
 * Applies an object by server-side apply, and tells what that changed of it.
 *
 * @throws {VerifyError} without an answer of the API server
 */
export async function applyObject(
  api: ClusterApi,
  object: RenderedObject,
  { force = false, dryRun = false }: ApplyOptions,
): Promise<Change | Refusal> {
  const path = await api.pathOf(object);
  if (path === undefined) {
    return {
      object,
      reason: `the cluster does not know ${object.kind} of ${object.apiVersion}`,
      todo: 'plumbline doctor says what to install',
    };
  }
  const before = await api.send({ method: 'GET', path });
  const query = new URLSearchParams({ fieldManager, force: String(force), fieldValidation: 'Strict' });
  if (dryRun) query.set('dryRun', 'All');
  const { status, text } = await api.send({
    method: 'PATCH',
    path: `${path}?${query.toString()}`,
    contentType: 'application/apply-patch+yaml',
    body: object,
  });
  if (status === 201) return 'created';
  if (status === 200) {
    if (before.status !== 200) return 'created';
    return isDeepStrictEqual(comparable(before.text), comparable(text)) ? 'unchanged' : 'changed';
  }
  if (status === 401) throw new VerifyError('the API server does not know this user', 'log in to the cluster again');
  const reason = reasonOf(text).replace(/\s+/g, ' ').trim();
  return { object, reason, todo: remedy(status, reason, object) };
}

/** What of an object somebody may have meant: no times, no status, no bookkeeping of the API server. */
function comparable(text: string): unknown {
  const { metadata = {}, status: _, ...rest } = JSON.parse(text) as Record<string, unknown>;
  const {
    resourceVersion: _version,
    generation: _generation,
    managedFields: _fields,
    ...kept
  } = metadata as Record<string, unknown>;
  return { ...rest, metadata: kept };
}

function remedy(status: number, reason: string, { kind, metadata }: RenderedObject): string {
  const where = metadata.namespace === undefined ? '' : ` -n ${metadata.namespace}`;
  const name = `${kind.toLowerCase()} ${metadata.name}`;
  if (status === 409) return 'plumbline up --force-conflicts takes over what somebody else set';
  if (/being terminated/.test(reason))
    return `kubectl wait --for=delete namespace ${metadata.namespace ?? ''}, then again`;
  if (status === 403) return 'plumbline doctor --only permissions says which rights are missing';
  if (/Forbidden: updates to statefulset spec/.test(reason)) {
    return `plumbline grow ${metadata.name}, if claims are to be larger; else kubectl delete ${name}${where} --cascade=orphan, then again`;
  }
  if (/immutable/.test(reason)) {
    return `kubectl delete ${name}${where} --cascade=orphan, then again`;
  }
  return `kubectl get ${name}${where} -o yaml shows what is there`;
}

/** `plumbline/Deployment/console: …`, and what to do. */
export function formatRefusal({ object, reason, todo }: Refusal): readonly string[] {
  return [`- ${describeObject(object)}: ${reason}`, `  do: ${todo}`];
}

/** `3 created, 1 changed, 20 unchanged`; what did not happen is not named. */
export function formatCounts({ counts, refused }: FileResult): string {
  const parts = (['created', 'changed', 'unchanged'] as const).flatMap((change) =>
    counts[change] === 0 ? [] : [`${counts[change]} ${change}`],
  );
  if (refused.length > 0) parts.push(`${refused.length} refused`);
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}
