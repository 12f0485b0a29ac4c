import { Construct } from 'constructs';
import type { CredentialsJob } from '../contracts';
import { ConfigFile } from './config-file';
import { compareText } from './content-hash';
import { defined } from './defined';
import { DuplicateNameError, InvalidPropError } from './errors';
import { PlatformJob } from './platform-job';
import { labelKeys } from './naming';
import { Platform } from './platform';
import type { SecretKeySpec, SecretPlace } from './secret-ref';

/** A Secret that the bootstrap Job makes. */
export interface GeneratedSecretProps extends SecretPlace {
  readonly keys: Readonly<Record<string, SecretKeySpec>>;
  /** Namespaces that get the same Secret. */
  readonly copies: readonly SecretPlace[];
}

/**
 * The bootstrap Job of an app: makes each generated Secret once, of random values, adds keys that it lacks, and never
 * overwrites a value. It may read and amend the Secrets it makes and create Secrets in their namespaces, and nothing else.
 */
export class Credentials extends Construct {
  /** The one Job of the app around `asker`, made when it is first asked for. */
  static of(asker: Construct): Credentials {
    const scope = Platform.of(asker).sharedScope(asker);
    const present = scope.node.tryFindChild('credentials');
    return present instanceof Credentials ? present : new Credentials(scope, 'credentials');
  }

  private readonly secrets: GeneratedSecretProps[] = [];
  private readonly job: PlatformJob;
  private readonly granted = new Map<string, string[]>();

  private constructor(scope: Construct, id: string) {
    super(scope, id);
    this.job = new PlatformJob(this, 'job', {
      name: 'credentials',
      instance: 'credentials',
      job: 'credentials',
      file: ConfigFile.json('job.json', () => this.content()),
    });
  }

  /** @throws {DuplicateNameError} if two constructs want to make one Secret */
  add(secret: GeneratedSecretProps): void {
    const { keys, name } = secret;
    for (const [key, { kind, value }] of Object.entries(keys)) {
      if ((kind === 'literal') !== (value !== undefined)) {
        throw new InvalidPropError(`${name}.keys.${key}`, value, `right for the kind ${kind}`);
      }
    }
    for (const place of [secret, ...secret.copies]) this.allow(place);
    this.secrets.push(secret);
  }

  /** Creating cannot be limited to names, because there is no object yet; everything else is. */
  private allow({ namespace, name }: SecretPlace): void {
    const names = this.granted.get(namespace);
    if (names?.includes(name) === true) throw new DuplicateNameError('Secret', name, `namespace ${namespace}`);
    if (names !== undefined) {
      names.push(name);
      names.sort(compareText);
      return;
    }
    const resourceNames = [name];
    this.granted.set(namespace, resourceNames);
    this.job.grantApi(namespace, [
      { apiGroups: [''], resources: ['secrets'], verbs: ['create'] },
      { apiGroups: [''], resources: ['secrets'], resourceNames, verbs: ['get', 'patch'] },
    ]);
  }

  private content(): CredentialsJob {
    return {
      secrets: this.secrets
        .map(({ namespace, name, keys, copies }) => ({
          namespace,
          name,
          labels: { [labelKeys.partOf]: 'plumbline', [labelKeys.managedBy]: 'plumbline-credentials' },
          keys: Object.entries(keys).map(([key, { kind, value }]) => ({
            key,
            kind,
            ...defined({ value }),
          })),
          copies: copies.map((copy) => ({ namespace: copy.namespace, name: copy.name })),
        }))
        .sort((a, b) => compareText(`${a.namespace}/${a.name}`, `${b.namespace}/${b.name}`)),
    };
  }
}
