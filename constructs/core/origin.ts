import { defined } from './defined';
import { InvalidPropError } from './errors';

/** Where the signals of an environment come from: what tells them apart where those of several come together. */
export interface OriginProps {
  /** Label `cluster` of every signal. */
  readonly cluster: string;
  /** Label `cloud`: the provider, or whose machines they are. @default - not said */
  readonly cloud?: string;
  /** Label `site`: the data centre, campus or branch. @default - not said */
  readonly site?: string;
}

/** It is written into configurations of which some expand a dollar sign, and others a brace. */
const place = /^\w[\w .:/-]{0,62}$/;

/**
 * An origin as labels, in this order: of targets, series, streams, spans and alerts.
 *
 * @throws {InvalidPropError} if one cannot be written into a configuration as it is
 */
export function originLabels({ cluster, cloud, site }: OriginProps): Readonly<Record<string, string>> {
  const labels = defined({ cluster, cloud, site });
  for (const [name, value] of Object.entries(labels))
    if (!place.test(value))
      throw new InvalidPropError(`origin.${name}`, value, 'at most 63 letters, digits, blanks and . : / _ -');
  return labels;
}
