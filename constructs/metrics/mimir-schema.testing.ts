import { objectionsTo, type SchemaSection, type SchemaShapes } from '../core/config-schema.testing';
import schema from './mimir-schema.json';

/*
 * Which fields Mimir's configuration has, read from the reference of the commit that `tools/pins/mimir` pins. Sections that nothing here uses are
 * left out, so that a field of them is as wrong as one that there is not: Kafka, other rings' stores than memberlist, other buckets than S3,
 * Alertmanager, and where the ruler was told of one before Mimir 3.
 *
 * @see https://grafana.com/docs/mimir/v3.1.x/configure/configuration-parameters/
 */

const shapes: SchemaShapes = schema.shapes;
const root: SchemaSection = schema.root;

/** What Mimir would object to in a configuration, each with its path; empty if there is nothing. */
export function mimirObjections(config: unknown): readonly string[] {
  return objectionsTo(config, root, shapes);
}

/** {@link mimirObjections} to limits of tenants, as the file has them that Mimir reads again and again. */
export function mimirOverridesObjections(file: unknown): readonly string[] {
  const overrides = { each: root.sections?.limits ?? {} };
  return objectionsTo(file ?? {}, { sections: { overrides } }, shapes);
}
