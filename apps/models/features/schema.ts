import { createHash } from 'node:crypto';
import { z } from 'zod';
import { featureMeaning, serviceFeatures, traceFeatures } from './columns';

/** Most services with columns of their own, and entries whose usual number of spans is kept. */
export const mostServices = 32;
export const mostEntries = 2048;

/** What the columns of a {@link FeatureMatrix} are. */
export interface FeatureSchema {
  /** One a column: features of the trace, then those of each service. */
  readonly names: readonly string[];
  /** Keys of the services with columns of their own. */
  readonly services: readonly string[];
  /** Columns that nearly every trace has a value of; few enough that none drowns the others: what the forest splits by. */
  readonly dense: readonly number[];
  /** SHA-256 over the names and what they mean, hexadecimal. Whoever computes others must not use the models. */
  readonly hash: string;
  /** Median number of spans of a whole trace by entry key. */
  readonly usualSpans: ReadonlyMap<string, number>;
}

const text = z.string().max(4096);
const schemaJson = z.object({
  schema: z.literal(1),
  meaning: z.string().max(128),
  services: z.array(text).max(mostServices),
  usualSpans: z.array(z.tuple([text, z.number().positive()])).max(mostEntries),
});

/** The schema of these services. */
export function featureSchemaOf(
  services: readonly string[],
  usualSpans: ReadonlyMap<string, number> = new Map<string, number>(),
): FeatureSchema {
  const names = [
    ...traceFeatures,
    ...services.flatMap((service) => serviceFeatures.map((feature) => `${feature} ${service}`)),
  ];
  const hash = createHash('sha256')
    .update(JSON.stringify([featureMeaning, names]))
    .digest('hex');
  return { names, services, dense: traceFeatures.map((_, i) => i), hash, usualSpans };
}

export function encodeFeatureSchema({ services, usualSpans }: FeatureSchema): Uint8Array {
  return Buffer.from(JSON.stringify({ schema: 1, meaning: featureMeaning, services, usualSpans: [...usualSpans] }));
}

/** @throws {z.ZodError | SyntaxError | RangeError} when it is no schema, names a service twice, or means other features */
export function decodeFeatureSchema(bytes: Uint8Array): FeatureSchema {
  const parsed = schemaJson.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
  if (parsed.meaning !== featureMeaning) {
    throw new RangeError(`features mean ${JSON.stringify(parsed.meaning)}, here ${JSON.stringify(featureMeaning)}`);
  }
  if (new Set(parsed.services).size !== parsed.services.length) throw new RangeError('a service is named twice');
  return featureSchemaOf(parsed.services, new Map(parsed.usualSpans));
}
