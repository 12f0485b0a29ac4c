import { z } from 'zod';
import { modelManifestSchema } from '../manifest';

/** What a manifest says of a version, but for its files. */
export const manifestFactsSchema = modelManifestSchema.omit({ files: true });
export type ManifestFacts = z.infer<typeof manifestFactsSchema>;

/** Name of a number that is logged; what MLflow takes too. */
export const metricName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_./-]{0,99}$/);

/** A version as it was registered; never changed afterwards. */
export const registeredVersionSchema = z.object({
  /** Also the name of its folder, and a part of queries. */
  version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/),
  /** Folder of its files, `s3://…/trace-anomaly/version_X/`. */
  source: z.string().regex(/^s3:\/\/[^/]+\/.+\/$/),
  /** SHA-256 of its `manifest.json`, hexadecimal. */
  manifestSha256: modelManifestSchema.shape.featureSchema,
  registeredAtMs: z.number().int(),
  manifest: manifestFactsSchema,
  /** What training measured beyond the manifest. */
  metrics: z.record(metricName, z.number()),
});
export type RegisteredVersion = z.infer<typeof registeredVersionSchema>;

/** The newest value of a number that serving logged. */
export interface LoggedMetric {
  readonly value: number;
  /** When it held, milliseconds since the epoch. */
  readonly atMs: number;
}
