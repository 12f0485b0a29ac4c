import { hasField, objectionsTo, words, type SchemaSection, type SchemaShapes } from '../core/config-schema.testing';
import schema from './redpanda-schema.json';

/*
 * Which properties Redpanda has, of its nodes and of a cluster: names, types and bounds alone, which `tools/schemas/redpanda.ts` takes from the list
 * that Redpanda Data publishes with its documentation. It is of 25.3.1, the first version with such a list; 25.1, which is deployed, has none.
 *
 * @see https://github.com/redpanda-data/docs/tree/main/modules/reference/attachments
 */

const shapes: SchemaShapes = schema.shapes;
const node: SchemaSection = schema.node;
const cluster: SchemaSection = schema.cluster;

/** What `rpk redpanda start` reads for itself. @see https://docs.redpanda.com/25.1/reference/node-configuration-sample/ */
const rpk: SchemaSection = { boolean: 'overprovisioned enable_memory_locking' };

/** What Redpanda would object to, or not read at all, in a node's `redpanda.yaml`, each with its path; empty if there is nothing. */
export function redpandaObjections(file: unknown): readonly string[] {
  const elsewhere = misplaced((file as { readonly redpanda?: unknown } | null)?.redpanda, cluster, node);
  return [
    ...elsewhere.map((name) => `redpanda.${name}: is a property of the cluster, not of a node`),
    ...objectionsTo(file, { sections: { redpanda: node, rpk }, required: 'redpanda' }, shapes).filter(
      (objection) => !elsewhere.some((name) => objection === `redpanda.${name}: there is no such field`),
    ),
  ];
}

/** {@link redpandaObjections} to properties of the cluster, whether by `.bootstrap.yaml` or by the admin API. */
export function clusterPropertyObjections(properties: unknown): readonly string[] {
  const elsewhere = misplaced(properties, node, cluster);
  return [
    ...elsewhere.map((name) => `${name}: is a property of a node, not of the cluster`),
    ...objectionsTo(properties, cluster, shapes).filter(
      (objection) => !elsewhere.some((name) => objection === `${name}: there is no such field`),
    ),
  ];
}

/** Which of these properties a running cluster keeps, but heeds from its next start only: who sets them by a Job waits in vain. */
export function heededAfterRestart(properties: object): readonly string[] {
  return Object.keys(properties).filter((name) => words(schema.restart).includes(name));
}

function misplaced(properties: unknown, there: SchemaSection, here: SchemaSection): readonly string[] {
  return Object.keys(properties ?? {}).filter((name) => hasField(there, name) && !hasField(here, name));
}
