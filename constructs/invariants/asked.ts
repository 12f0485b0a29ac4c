import type { Cluster, LabelSelector, Workload } from './cluster';
import { configurationOf, type ConfigurationText } from './configuration';
import type { KubeObject } from './model';

/*
 * Exporters that ask others when Prometheus has them ask: whom, stands in the configuration of Prometheus, and is told to the exporter. So is where
 * the bucket of brokers is in the file of the Job that sets their properties, and told to them.
 */

/** What is written in one place for somebody else. */
interface Handed {
  readonly text: ConfigurationText;
  /** The address of who is told, as written; or the pods that a monitor selects. */
  readonly to: string | { readonly namespace: string; readonly selector: LabelSelector | undefined };
}

const job = /^(.*\bscrape_configs\[\d+\])\.(.+)$/;
const asked = /^static_configs\[\d+\]\.(targets\[\d+\]|labels\.__param_\w+)$/;
const property = /^(.+)\.properties\.cloud_storage_api_endpoint$/;
const known = new WeakMap<Cluster, readonly Handed[]>();

/** What a workload is told by its own configuration, without what is in there for others, and with what others have for it. */
export function toldTo(
  workload: Workload,
  cluster: Cluster,
  isAt: (address: string, from: ConfigurationText) => boolean,
): readonly ConfigurationText[] {
  const handed = known.get(cluster) ?? allHanded(cluster);
  known.set(cluster, handed);
  const own = configurationOf(workload, cluster).filter(
    ({ object, path }) => !handed.some(({ text }) => text.object === object && text.path === path),
  );
  const others = handed.filter(({ text, to }) =>
    typeof to === 'string'
      ? isAt(to, text)
      : cluster.selected(to.namespace, to.selector).some(({ object }) => object === workload.object),
  );
  return [...own, ...others.map(({ text }) => text)];
}

function allHanded(cluster: Cluster): readonly Handed[] {
  return [
    ...cluster.workloads.flatMap((workload) => {
      const texts = configurationOf(workload, cluster);
      return [...handedOver(texts), ...setAt(texts)];
    }),
    ...cluster.ofKind('PodMonitor').flatMap(monitored),
  ];
}

/** Targets of jobs in which another address takes the place of their own. */
function handedOver(texts: readonly ConfigurationText[]): readonly Handed[] {
  const askers = new Map<string, string>();
  for (const { path, text } of texts) {
    const [, prefix = '', field = ''] = job.exec(path) ?? [];
    const relabelling = /^(relabel_configs\[\d+\])\.target_label$/.exec(field)?.[1];
    if (relabelling === undefined || text !== '__address__') continue;
    const replacement = texts.find((each) => each.path === `${prefix}.${relabelling}.replacement`)?.text;
    if (replacement !== undefined && !replacement.includes('$')) askers.set(prefix, replacement);
  }
  return texts.flatMap((text): Handed[] => {
    const [, prefix = '', field = ''] = job.exec(text.path) ?? [];
    const to = askers.get(prefix);
    return to !== undefined && asked.test(field) ? [{ text, to }] : [];
  });
}

/** A property of Redpanda that is an address, told to who is at the admin API beside it. */
function setAt(texts: readonly ConfigurationText[]): readonly Handed[] {
  return texts.flatMap((text): Handed[] => {
    const prefix = property.exec(text.path)?.[1];
    const to = texts.find(({ object, path }) => object === text.object && path === `${prefix ?? ''}.adminEndpoint`);
    return prefix === undefined || to === undefined ? [] : [{ text, to: to.text }];
  });
}

interface Monitor {
  readonly selector?: LabelSelector;
  readonly podMetricsEndpoints?: readonly { readonly params?: Readonly<Record<string, readonly string[]>> }[];
}

/** Parameters by which a monitor has its pods asked. */
function monitored(object: KubeObject): readonly Handed[] {
  const { selector, podMetricsEndpoints = [] } = object.spec as Monitor;
  const to = { namespace: object.metadata.namespace ?? 'default', selector };
  return podMetricsEndpoints.flatMap(({ params = {} }, index) =>
    Object.entries(params).flatMap(([name, values]) =>
      values.map((text) => {
        const path = `spec.podMetricsEndpoints[${index}].params.${name}`;
        return { text: { object, path, text, name, ports: [] }, to };
      }),
    ),
  );
}
