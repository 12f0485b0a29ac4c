import { Chart } from 'cdk8s';
import type { k8s } from 'cdk8s-plus-28';
import { Construct } from 'constructs';
import {
  ExternalSecret,
  ExternalSecretSpecSecretStoreRefKind,
  ExternalSecretSpecTargetCreationPolicy,
  ExternalSecretSpecTargetDeletionPolicy,
} from '../../imports/external-secrets.io';
import { Credentials } from './credentials';
import type { IEnvSource } from './env-source';
import { UnknownNameError } from './errors';
import { namespaceOf, validName } from './naming';
import { ExistingSecret, ExternalSecretSource, GeneratedSecret, SecretSource } from './secret-source';

/** What a value of a generated Secret looks like. */
export interface SecretKeySpec {
  /**
   * `accessKeyId`: 20 upper-case letters and digits; `password`: 40 letters and digits; `base64Key`: 32 bytes in base64 for URLs;
   * `literal`: {@link value}.
   */
  readonly kind: 'accessKeyId' | 'password' | 'base64Key' | 'literal';
  /** Only for a literal, and never a secret: a user's name. */
  readonly value?: string;
}

/** Options of a {@link SecretRef}. */
export interface SecretRefProps {
  /** Name of the Secret, unless its source says another. */
  readonly name: string;
  /** @default - that of the chart */
  readonly namespace?: string;
  /** What it holds. */
  readonly keys: Readonly<Record<string, SecretKeySpec>>;
  /** @default SecretSource.generated() */
  readonly source?: SecretSource;
  /**
   * Whether pods start without it.
   *
   * @default false
   */
  readonly optional?: boolean;
  /**
   * Other namespaces that need the same values.
   *
   * @default - none
   */
  readonly copies?: readonly SecretPlace[];
}

/** Where a Secret is. */
export interface SecretPlace {
  readonly namespace: string;
  readonly name: string;
}

/** A Secret by name and key. Its values are nowhere in the platform's own files. */
export class SecretRef extends Construct {
  readonly name: string;
  readonly namespace: string;
  readonly optional: boolean;
  readonly source: SecretSource;
  /** Keys as the construct uses them. */
  readonly keys: readonly string[];
  /** Everywhere that it is, this place first. */
  readonly places: readonly SecretPlace[];
  private readonly keyNames: Readonly<Record<string, string>>;

  constructor(scope: Construct, id: string, props: SecretRefProps) {
    super(scope, id);
    const { source = SecretSource.generated(), copies = [] } = props;
    this.source = source;
    this.namespace = props.namespace ?? namespaceOf(this);
    this.optional = props.optional === true;
    this.keys = Object.keys(props.keys);
    this.keyNames = source instanceof ExistingSecret ? (source.options.keys ?? {}) : {};
    this.name = validName('SecretRef.name', (source instanceof ExistingSecret && source.options.name) || props.name);
    this.places = [{ namespace: this.namespace, name: this.name }, ...copies];
    if (source instanceof GeneratedSecret) {
      Credentials.of(this).add({ namespace: this.namespace, name: this.name, keys: props.keys, copies });
    } else if (source instanceof ExternalSecretSource) {
      for (const place of this.places) this.externalSecret(source, place, props.name);
    }
  }

  /** One value, as the value of an environment variable. @throws {UnknownNameError} if the Secret has no such key */
  key(key: string): IEnvSource {
    const secret = { name: this.name, key: this.keyName(key), ...(this.optional && { optional: true }) };
    return { toEnvVarSource: (): k8s.EnvVarSource => ({ secretKeyRef: secret }) };
  }

  /** Name of a key in the Secret itself. @throws {UnknownNameError} if the Secret has no such key */
  keyName(key: string): string {
    if (!this.keys.includes(key)) throw new UnknownNameError(`key of Secret ${this.name}`, key, this.keys);
    return this.keyNames[key] ?? key;
  }

  private externalSecret({ options }: ExternalSecretSource, { namespace, name }: SecretPlace, entry: string): void {
    const { store, storeKind = 'ClusterSecretStore', path, refreshInterval = '1h' } = options;
    new ExternalSecret(this, `external-${namespace}`, {
      metadata: { name, namespace, labels: Chart.of(this).labels },
      spec: {
        refreshInterval,
        secretStoreRef: {
          name: store,
          kind:
            storeKind === 'SecretStore'
              ? ExternalSecretSpecSecretStoreRefKind.SECRET_STORE
              : ExternalSecretSpecSecretStoreRefKind.CLUSTER_SECRET_STORE,
        },
        // Also what the API server would fill in, so that Argo CD sees no difference.
        target: {
          name,
          creationPolicy: ExternalSecretSpecTargetCreationPolicy.OWNER,
          deletionPolicy: ExternalSecretSpecTargetDeletionPolicy.RETAIN,
        },
        data: this.keys.map((key) => ({
          secretKey: key,
          remoteRef: { key: `${path.replace(/\/+$/, '')}/${entry}`, property: key },
        })),
      },
    });
  }
}
