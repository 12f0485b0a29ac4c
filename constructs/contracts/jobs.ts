import type { CleanupPolicy } from './topics';

/** What `job topics` reconciles; brokers and credentials come from the environment. Partitions grow, never shrink. */
export interface TopicsJob {
  readonly topics: readonly {
    readonly name: string;
    readonly partitions: number;
    readonly replicationFactor: number;
    readonly cleanupPolicy: CleanupPolicy;
    readonly retentionMs: number;
    readonly maxMessageBytes: number;
    /** `true`: the broker stamps records with its own clock (`message.timestamp.type=LogAppendTime`). */
    readonly logAppendTime: boolean;
  }[];
  /** All that users may do; every other right is taken from them, and from those that the Job gave some before. Absent: the brokers have no authorization. */
  readonly acls?: readonly KafkaAcl[];
  /** Users that are left alone, with what they may do: the superuser, and those that others made. Absent: none. */
  readonly keptUsers?: readonly string[];
  /** Whether users and rights that others made are removed, too. Absent: they are left, and told of. */
  readonly prune?: boolean;
  /** Redpanda's own administration; absent for other brokers. */
  readonly redpanda?: RedpandaSettings;
}

/** What a user may do with a topic or a consumer group. */
export interface KafkaAcl {
  readonly user: string;
  readonly resource: 'topic' | 'group';
  readonly name: string;
  readonly operations: readonly ('read' | 'write' | 'describe' | 'describeConfigs')[];
}

/** What the Kafka protocol does not say, and Redpanda's admin API does. */
export interface RedpandaSettings {
  /** URL of the admin API of every broker. */
  readonly adminEndpoint: string;
  /** Cluster properties by name. Those that are not named stay as they are. */
  readonly properties: Readonly<Record<string, string | number | boolean | readonly string[]>>;
  /**
   * Users to make; name and password of each are mounted as files `<directory>/username` and `password`. Those that the Job made before
   * are removed, where there are any to make.
   */
  readonly users: readonly { readonly name: string; readonly directory: string }[];
  /** Keeps topics in a bucket, too. Absent: what was said of it before stays. */
  readonly tieredStorage?: TieredStorageSettings;
}

/** Tiered storage, as far as {@link RedpandaSettings.properties} do not say it. */
export interface TieredStorageSettings {
  /** Folder with files `accessKeyId` and `secretAccessKey`, of the bucket's store. Absent: brokers have a role there. */
  readonly accessKeyDirectory?: string;
  /** Command by which people start brokers again, which most of its properties wait for. */
  readonly restart: string;
}

/** What an identity may do with a bucket; `readVersions` is for objects that were written over or deleted. */
export type BucketAction = 'read' | 'readVersions' | 'write' | 'delete' | 'list';

/** What a store does with objects as they grow older; whole days, counted from when an object was written. */
export interface BucketLifecycle {
  /** Then they go to the store's class for archives (`GLACIER`). */
  readonly archiveAfterDays?: number;
  /** Then they are deleted. */
  readonly expireAfterDays?: number;
  /** Overwritten and deleted versions that are kept at most, of each object. */
  readonly keepVersions?: number;
  /** Then parts of uploads that nobody finished are deleted. */
  readonly abortUploadsAfterDays?: number;
}

/** What `job storage` reconciles: buckets, and an identity with a least-privilege policy for each user of them. */
export interface StorageJob {
  readonly buckets: readonly {
    readonly name: string;
    readonly versioning: boolean;
    /** Other rules of the same bucket stay as they are. Absent: nothing is asked of the store. */
    readonly lifecycle?: BucketLifecycle;
    readonly grants: readonly { readonly identity: string; readonly actions: readonly BucketAction[] }[];
  }[];
  /** Identities to make at the store; the secret of each is mounted as files `<directory>/accessKeyId` and `secretAccessKey`. */
  readonly identities: readonly { readonly name: string; readonly directory: string }[];
  /** URL of the store's user administration; absent for a store whose users are managed elsewhere. */
  readonly adminEndpoint?: string;
  /**
   * How policies name identities that are managed elsewhere, by their names here: ARNs of roles. Absent: policies are left to whoever
   * administers the store, unless {@link adminEndpoint} is there.
   */
  readonly principals?: Readonly<Record<string, string>>;
}

/** What `job expiry` deletes: objects that are older than their bucket says. */
export interface ExpiryJob {
  readonly buckets: readonly { readonly name: string; readonly olderThanSeconds: number }[];
}

/** What `job archive` copies: incidents and their traces, to a bucket that keeps them for long. */
export interface ArchiveJob {
  /** Topic of incidents. */
  readonly topic: string;
  /** Consumer group that it reads as. */
  readonly group: string;
  /** Bucket that it writes to. */
  readonly bucket: string;
  /** Incidents that were published before are not looked at again. */
  readonly newerThanSeconds: number;
}

/** What a backup is of. */
export type BackupPart = 'buckets' | 'topics' | 'databases';

/**
 * What `job backup` does with another object store, of which the environment says where it is: copy one of the parts there, since each has a
 * schedule of its own, or look at the newest copies.
 */
export type BackupJob =
  | {
      readonly part: 'buckets';
      readonly keep: BackupKeep;
      readonly buckets: readonly { readonly name: string; readonly versioned: boolean }[];
    }
  | {
      readonly part: 'topics';
      readonly keep: BackupKeep;
      readonly topics: readonly {
        readonly name: string;
        /** Records that are younger. @default - all that there are */
        readonly windowSeconds?: number;
      }[];
      /** Consumer groups whose offsets are kept. */
      readonly groups: readonly string[];
    }
  | {
      readonly part: 'databases';
      readonly keep: BackupKeep;
      /** Folder with a file `<database>.dump` of each, as `pg_dump --format=custom` writes it. */
      readonly folder: string;
      readonly databases: readonly string[];
    }
  | {
      readonly part: 'verification';
      /** Parts of which every byte is read. */
      readonly read: readonly BackupPart[];
      /** Parts of which only is looked whether everything is there, with its size. */
      readonly count: readonly BackupPart[];
    };

/** Which backups are kept besides the newest: all of the last hours, and the newest of each day. */
export interface BackupKeep {
  readonly hours: number;
  readonly days: number;
}

/**
 * What `job databases` reconciles: a database for each role, which owns it, and to which no other role may connect. Server and administrator
 * come from the environment; databases and roles that are not named are left alone.
 */
export interface DatabasesJob {
  readonly databases: readonly {
    readonly name: string;
    /** Name and password of its owner are mounted as files `<directory>/username` and `password`. */
    readonly directory: string;
  }[];
  /**
   * Roles that read the server's statistics, also of statements, and no tables; they connect to the administrator's database. Absent: none.
   */
  readonly monitors?: readonly { readonly name: string; readonly directory: string }[];
  /** Roles that read every table of every database here, for who copies them elsewhere. Absent: none. */
  readonly readers?: readonly { readonly name: string; readonly directory: string }[];
}

/** What `job certificates` looks after: servers of a namespace, which it starts again when they show a certificate that was renewed since. */
export interface CertificatesJob {
  readonly namespace: string;
  /** Since a certificate was issued, until which nothing is done: kubelets bring it, and servers that look at it themselves take it. */
  readonly settleSeconds: number;
  readonly servers: readonly {
    readonly name: string;
    /** Labels of its pods, as `name=value,…`. */
    readonly selector: string;
    /** Mounted: what it is to show, PEM, without its key. */
    readonly certificateFile: string;
    readonly ports: readonly {
      /** `host:port` by which clients know it. */
      readonly address: string;
      /** Where pods listen. */
      readonly port: number;
      /** Asked so before it encrypts. Absent: TLS from the first byte. */
      readonly startTls?: 'postgresql';
    }[];
  }[];
}

/** What `job credentials` makes: Secrets with random values, each value made once and never overwritten. */
export interface CredentialsJob {
  readonly secrets: readonly {
    readonly namespace: string;
    readonly name: string;
    /** Labels of the Secret. */
    readonly labels: Readonly<Record<string, string>>;
    readonly keys: readonly {
      readonly key: string;
      /**
       * `accessKeyId`: 20 upper-case letters and digits; `password`: 40 letters and digits; `base64Key`: 32 bytes in base64 for URLs;
       * `literal`: `value`.
       */
      readonly kind: 'accessKeyId' | 'password' | 'base64Key' | 'literal';
      readonly value?: string;
    }[];
    /** Other namespaces that get the same Secret. */
    readonly copies: readonly { readonly namespace: string; readonly name: string }[];
  }[];
}
