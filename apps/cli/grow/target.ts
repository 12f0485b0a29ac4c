import { z } from 'zod';
import { parseQuantity } from '../../../constructs/invariants/quantity';
import { UsageError } from '../errors';
import { nearest } from '../settings/nearest';
import type { RenderedEnvironment, RenderedObject } from '../verify/rendered';

const templateSchema = z.looseObject({
  metadata: z.looseObject({ name: z.string() }),
  spec: z.looseObject({
    resources: z.looseObject({ requests: z.looseObject({ storage: z.union([z.string(), z.number()]) }) }),
  }),
});
const setSchema = z.looseObject({
  spec: z.looseObject({
    replicas: z.number().optional(),
    volumeClaimTemplates: z.array(templateSchema).default([]),
  }),
});

/** A StatefulSet that is rendered, and one of its claim templates. */
export interface GrowTarget {
  readonly set: RenderedObject;
  readonly namespace: string;
  /** Name of the StatefulSet. */
  readonly name: string;
  /** Name of the claim template. */
  readonly template: string;
  /** What is rendered, such as `50Gi`. */
  readonly size: string;
}

/** Claim templates of StatefulSets, as they are rendered. */
export function growTargets(rendered: RenderedEnvironment): readonly GrowTarget[] {
  return rendered.ofKind('StatefulSet').flatMap((set) => {
    const { success, data } = setSchema.safeParse(set);
    const { name, namespace = 'default' } = set.metadata;
    return (success ? data.spec.volumeClaimTemplates : []).map(({ metadata, spec }) => ({
      set,
      namespace,
      name,
      template: metadata.name,
      size: String(spec.resources.requests.storage),
    }));
  });
}

/**
 * The claim that is meant: `data-prometheus`, `data-prometheus-0`, or `prometheus`, with the namespace before it where two have that name.
 *
 * @throws {UsageError} for one that is not rendered, or for several
 */
export function targetOf(rendered: RenderedEnvironment, wanted: string): GrowTarget {
  const all = growTargets(rendered);
  const [name = '', namespace] = wanted.split('/').reverse();
  const found = all.filter(
    (each) => namesOf(each).some((own) => isNamed(own, name)) && (namespace ?? each.namespace) === each.namespace,
  );
  const [only, second] = found;
  const described = (targets: readonly GrowTarget[]) =>
    targets.map((each) => `${each.namespace}/${each.template}-${each.name}`).join(', ');
  if (second !== undefined) throw new UsageError(`${wanted} may be ${described(found)}; say which`);
  if (only !== undefined) return only;
  if (rendered.ofKind('PersistentVolumeClaim').some(({ metadata }) => metadata.name === name)) {
    throw new UsageError(
      `${name} is a claim of no StatefulSet, and its size may be changed: plumbline up makes it larger`,
    );
  }
  const close = nearest(name, all.flatMap(namesOf));
  throw new UsageError(
    `${rendered.directory}: no StatefulSet has the claim ${wanted}; ${close === undefined ? `there are ${described(all)}` : `did you mean ${close}?`}`,
  );
}

function namesOf({ name, template }: GrowTarget): readonly string[] {
  return [`${template}-${name}`, name];
}

function isNamed(own: string, wanted: string): boolean {
  return wanted === own || (wanted.startsWith(`${own}-`) && /^\d+$/.test(wanted.slice(own.length + 1)));
}

/** What of an environment says how large claims of a StatefulSet are, by its name. */
const fields: Readonly<Record<string, string>> = {
  alertmanager: 'alerting.volume',
  loki: 'logs.volume',
  objects: 'storage.volume',
  'otel-aggregator': 'otel.aggregator.volume',
  postgres: 'database.volume',
  prometheus: 'prometheus.volume',
  redpanda: 'broker.volume',
  tempo: 'tempo.volume',
};

/** What to write into the environment, so that a claim is rendered with another size. */
export function howToRender({ name, template, namespace }: GrowTarget, size: string): string {
  const mebibytes = parseQuantity(size) / 2 ** 20;
  const isWhole = mebibytes >= 1024 && mebibytes % 1024 === 0;
  const value = isWhole ? `Size.gibibytes(${mebibytes / 1024})` : `Size.mebibytes(${Math.ceil(mebibytes)})`;
  const field = fields[name];
  return field === undefined
    ? `set the size of the volume "${template}" of ${namespace}/${name} to ${value} in the environment, npm run synth, then again`
    : `set ${field} to { size: ${value} } in the environment, npm run synth, then again`;
}
