import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { ApiServerPeer } from '../../peers';

/** A rendered object, as far as it is looked at here. */
export interface RenderedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
  readonly spec?: { readonly template?: PodTemplate };
  readonly data?: Readonly<Record<string, string>>;
}

interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: {
    readonly terminationGracePeriodSeconds?: number;
    readonly containers: readonly {
      readonly image: string;
      readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
    }[];
  };
}

/** Of `dist/thesis`. */
export const folder = join(__dirname, '..', '..', '..', 'dist', 'thesis');

/** What a chart of `thesis` renders to. */
export function renderedObjects(chart: string): readonly RenderedObject[] {
  const text = readFileSync(join(folder, `${chart}.k8s.yaml`), 'utf8');
  return parseAllDocuments(text).map((document) => document.toJS() as RenderedObject);
}

/** The one of this kind and name. @throws {Error} if it is not rendered any more */
export function renderedObject(objects: readonly RenderedObject[], kind: string, name: string): RenderedObject {
  const found = objects.find((object) => object.kind === kind && object.metadata.name === name);
  if (found === undefined) throw new Error(`dist/thesis has no ${kind} ${name}`);
  return found;
}

/** Applies objects as they are. */
export async function apply(kubectl: ApiServerPeer['kubectl'], objects: readonly object[]): Promise<void> {
  const list = { apiVersion: 'v1', kind: 'List', items: objects };
  await kubectl(['apply', '--server-side', '--filename=-'], JSON.stringify(list));
}

/** What is read of a Pod that runs. */
export interface RunningPod {
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly status: {
    readonly podIP?: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
    readonly containerStatuses?: readonly {
      readonly containerID?: string;
      readonly state: {
        readonly terminated?: { readonly exitCode: number; readonly reason: string; readonly finishedAt: string };
      };
    }[];
  };
}

/** Pods of a workload that are not being deleted. */
export async function podsOf(
  kubectl: ApiServerPeer['kubectl'],
  namespace: string,
  name: string,
): Promise<readonly RunningPod[]> {
  const selector = `--selector=app.kubernetes.io/name=${name}`;
  const { stdout } = await kubectl(['get', 'pods', `--namespace=${namespace}`, selector, '--output=json']);
  const { items } = JSON.parse(stdout) as { readonly items: readonly RunningPod[] };
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** The id of its first container, as the container runtime knows it. */
export function containerOf({ metadata, status }: RunningPod): string {
  const id = status.containerStatuses?.[0]?.containerID?.split('//')[1];
  if (id === undefined) throw new Error(`pod ${metadata.name} has no container yet`);
  return id;
}
