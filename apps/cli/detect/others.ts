import { z } from 'zod';
import { isOurs } from '../deploy/ownership';
import type { ClusterReader } from './reader';

const labels = z.record(z.string(), z.string()).default({});
const container = z.object({
  image: z.string().default(''),
  env: z.array(z.object({ name: z.string(), value: z.string().optional() })).default([]),
});
const deploymentSchema = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string(), labels }),
  spec: z.object({
    template: z.object({
      metadata: z.object({ labels }).prefault({}),
      spec: z.object({ containers: z.array(container), initContainers: z.array(container).default([]) }),
    }),
  }),
});
type Deployment = z.infer<typeof deploymentSchema>;
const objectSchema = z.object({ metadata: z.object({ name: z.string(), namespace: z.string(), labels }) });
const serviceSchema = objectSchema.extend({
  spec: z.object({
    clusterIP: z.string().optional(),
    ports: z.array(z.object({ port: z.number() })).default([]),
  }),
});

/** A Grafana whose sidecar takes dashboards of ConfigMaps. */
export interface FoundGrafana {
  readonly name: string;
  readonly namespace: string;
  /** Labels of ConfigMaps with dashboards. */
  readonly dashboardLabels: Readonly<Record<string, string>>;
  readonly folderAnnotation?: string;
  /** Whether it looks in every namespace. */
  readonly looksEverywhere: boolean;
}

/** An object in a namespace. */
export interface Place {
  readonly name: string;
  readonly namespace: string;
}

/** A store that is there already. */
export interface FoundStore extends Place {
  readonly product: 'loki' | 'tempo';
  readonly ports: readonly number[];
}

/** What there is that is not ours, and that an environment can use. */
export interface Others {
  readonly grafana?: FoundGrafana;
  /** The operator that scales by lag. */
  readonly keda?: Place & { readonly labels: Readonly<Record<string, string>> };
  readonly certManager: boolean;
  readonly gateways: readonly Place[];
  /** Whether the Gateway API is new enough for all that is rendered: 1.4, which has BackendTLSPolicy of v1. */
  readonly gatewayApi: 'none' | 'old' | 'fits';
  readonly externalSecrets: boolean;
  readonly stores: readonly FoundStore[];
}

/** Reads what there is of others. */
export async function readOthers(reader: ClusterReader): Promise<Others> {
  const { api } = reader;
  const serves = async (apiVersion: string, kind: string) => (await api.resourceOf(apiVersion, kind)) !== undefined;
  const deployments = await reader.list(
    {
      path: '/apis/apps/v1/deployments',
      right: 'list deployments.apps',
      instead: 'Grafana and KEDA of others are not looked for',
    },
    deploymentSchema,
  );
  const theirs = (deployments ?? []).filter((each) => !isOurs(each));
  const grafana = theirs.map(grafanaOf).find((each) => each !== undefined);
  const operator = theirs.find(({ spec }) => spec.template.metadata.labels.app === 'keda-operator');
  const hasGateways = await serves('gateway.networking.k8s.io/v1', 'Gateway');
  const gateways = hasGateways
    ? await reader.list(
        {
          path: '/apis/gateway.networking.k8s.io/v1/gateways',
          right: 'list gateways.gateway.networking.k8s.io',
          instead: 'no Gateway is named',
        },
        objectSchema,
      )
    : [];
  const fits = hasGateways && (await serves('gateway.networking.k8s.io/v1', 'BackendTLSPolicy'));
  return {
    ...(grafana && { grafana }),
    ...(operator &&
      (await serves('keda.sh/v1alpha1', 'ScaledObject')) && {
        keda: { ...placeOf(operator), labels: { app: 'keda-operator' } },
      }),
    certManager: await serves('cert-manager.io/v1', 'Certificate'),
    gateways: (gateways ?? []).map(placeOf),
    gatewayApi: fits ? 'fits' : hasGateways ? 'old' : 'none',
    externalSecrets: await serves('external-secrets.io/v1', 'ExternalSecret'),
    stores: await readStores(reader),
  };
}

async function readStores(reader: ClusterReader): Promise<readonly FoundStore[]> {
  const path = `/api/v1/services?labelSelector=${encodeURIComponent('app.kubernetes.io/name in (loki,tempo)')}`;
  const instead = 'a Loki and a Tempo of others are not looked for';
  const services = await reader.list({ path, right: 'list services', instead }, serviceSchema);
  return (services ?? []).flatMap((service) => {
    const product = service.metadata.labels['app.kubernetes.io/name'];
    if (isOurs(service) || service.spec.clusterIP === 'None') return [];
    if (product !== 'loki' && product !== 'tempo') return [];
    return [{ product, ...placeOf(service), ports: service.spec.ports.map(({ port }) => port) } satisfies FoundStore];
  });
}

/** Variables of its sidecar: https://github.com/kiwigrid/k8s-sidecar#configuration-environment-variables */
function grafanaOf(deployment: Deployment): FoundGrafana | undefined {
  if (deployment.metadata.labels['app.kubernetes.io/name'] !== 'grafana') return undefined;
  for (const { env } of deployment.spec.template.spec.containers) {
    const valueOf = (name: string) => env.find((each) => each.name === name)?.value;
    const label = valueOf('LABEL');
    // Of its sidecars one is for data sources.
    if (label === undefined || !/dashboard/.test(label)) continue;
    const folderAnnotation = valueOf('FOLDER_ANNOTATION');
    return {
      ...placeOf(deployment),
      dashboardLabels: { [label]: valueOf('LABEL_VALUE') ?? '1' },
      ...(folderAnnotation !== undefined && { folderAnnotation }),
      looksEverywhere: valueOf('NAMESPACE') === 'ALL',
    };
  }
  return undefined;
}

function placeOf({ metadata }: { readonly metadata: Place }): Place {
  return { name: metadata.name, namespace: metadata.namespace };
}
