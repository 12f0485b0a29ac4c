import type { Duration } from 'cdk8s';
import { Construct } from 'constructs';
import type { IScrapable, ScrapeCredentials, ScrapeTarget } from '../core/component';
import { defined } from '../core/defined';
import type { Endpoint } from '../core/endpoint';
import { DuplicateNameError, InvalidPropError } from '../core/errors';
import { validName } from '../core/naming';

/** A server that is not ours and has metrics. */
export interface ExternalTargetProps {
  /** `Endpoint.external(host, 443, { scheme: 'https' })`, best with the `ranges` in which it is. */
  readonly endpoint: Endpoint;
  /** As it is: a slash at the end matters. @default '/metrics' */
  readonly path?: string;
  /** @default - nobody asks */
  readonly credentials?: ScrapeCredentials;
  /** @default - as often as the store reads anything */
  readonly interval?: Duration;
  /** Labels of all of its series, beside `job` and `instance`. @default - none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Query parameters. @default - none */
  readonly params?: Readonly<Record<string, readonly string[]>>;
  /** Series at most; if there are more, nothing of it is kept. @default 20000 */
  readonly samples?: number;
}

/** Options of {@link ExternalTargets}. */
export interface ExternalTargetsProps {
  /** What is read, by the name of its scrape job, a DNS label. */
  readonly targets: Readonly<Record<string, ExternalTargetProps>>;
}

/**
 * Servers outside of the platform whose metrics are read, as a list of an environment: a test framework, an appliance, a service of another
 * team. Of each, `ScrapeTargetDown` says when it does not answer.
 *
 * What is in their answers is not trusted: `job` and `instance` are those of the target, and the number of series is limited.
 */
export class ExternalTargets extends Construct implements IScrapable {
  readonly scrapeTargets: readonly ScrapeTarget[];

  /** @throws {InvalidPropError} if a job has no proper name, a path no slash, or a limit is no number of series */
  constructor(scope: Construct, id: string, { targets }: ExternalTargetsProps) {
    super(scope, id);
    this.scrapeTargets = Object.entries(targets).map(([job, props]) =>
      externalTarget(`${this.node.path}.targets`, job, props),
    );
    const places = this.scrapeTargets.map(({ endpoint, path = '' }) => `${endpoint.address}${path}`);
    places.forEach((place, index) => {
      if (places.indexOf(place) !== index) throw new DuplicateNameError('scrape target', place, this.node.path);
    });
  }
}

/** A target, checked. @param prop what errors name */
export function externalTarget(prop: string, job: string, props: ExternalTargetProps): ScrapeTarget {
  const { endpoint, path = '/metrics', credentials, interval, labels, params, samples = 20_000 } = props;
  validName(`${prop}.${job}`, job);
  if (!path.startsWith('/')) throw new InvalidPropError(`${prop}.${job}.path`, path, 'a path from a slash on');
  if (!Number.isInteger(samples) || samples < 1)
    throw new InvalidPropError(`${prop}.${job}.samples`, samples, 'a whole number from 1 on');
  if (credentials !== undefined && endpoint.tls === undefined)
    throw new InvalidPropError(`${prop}.${job}.endpoint`, endpoint.address, 'encrypted, as it is told a secret');
  return { job, endpoint, path, samples, ...defined({ credentials, interval, labels, params }) };
}
