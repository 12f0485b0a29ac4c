import { InvalidPropError } from './errors';

/** Who makes a Secret. Exactly one source makes each. */
export abstract class SecretSource {
  /** Somebody else makes it, before or after the platform is applied. */
  static existing(options: ExistingSecretOptions = {}): SecretSource {
    return new ExistingSecret(options);
  }

  /** The External Secrets Operator copies it from a store. */
  static external(options: ExternalSecretOptions): SecretSource {
    return new ExternalSecretSource(options);
  }

  /** A bootstrap Job makes it once, of random values, and never overwrites it. */
  static generated(): SecretSource {
    return new GeneratedSecret();
  }

  /** For the page that lists every secret. */
  abstract readonly kind: 'existing' | 'external' | 'generated';
}

/** Options of {@link SecretSource.existing}. */
export interface ExistingSecretOptions {
  /** @default - the name that the construct gives it */
  readonly name?: string;
  /**
   * Keys of the Secret by the keys that the construct uses.
   *
   * @default - the same
   */
  readonly keys?: Readonly<Record<string, string>>;
}

/** Options of {@link SecretSource.external}. */
export interface ExternalSecretOptions {
  /** Name of the SecretStore or ClusterSecretStore. */
  readonly store: string;
  /** @default 'ClusterSecretStore' */
  readonly storeKind?: 'SecretStore' | 'ClusterSecretStore';
  /** Path in the store below which each Secret has an entry of its own name, with a property for each key. */
  readonly path: string;
  /** How often it is read again, as a Go duration. @default '1h' */
  readonly refreshInterval?: string;
}

export class ExistingSecret extends SecretSource {
  readonly kind = 'existing';

  constructor(readonly options: ExistingSecretOptions) {
    super();
  }
}

/**
 * Every workload has an identity of its own, so its Secret cannot have the name of another's.
 *
 * @param suffix last part of the names that these Secrets have
 * @throws {InvalidPropError} for an existing Secret by name
 */
export function refuseSharedSecret(prop: string, source: SecretSource | undefined, suffix: string): void {
  if (!(source instanceof ExistingSecret) || source.options.name === undefined) return;
  const expected = `one for each identity: leave the name out, and make a Secret <workload>-<store>-${suffix} for each`;
  throw new InvalidPropError(prop, source.options.name, expected);
}

export class ExternalSecretSource extends SecretSource {
  readonly kind = 'external';

  constructor(readonly options: ExternalSecretOptions) {
    super();
  }
}

export class GeneratedSecret extends SecretSource {
  readonly kind = 'generated';
}
