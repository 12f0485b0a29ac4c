/** What an object says of itself without being read. */
export interface ObjectInfo {
  readonly key: string;
  readonly size: number;
  /** Opaque; changes with the content. */
  readonly etag: string;
  /** User metadata, lower-case names. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Condition of a put: the object must not exist, or still have this etag. */
export type PutCondition = { readonly ifAbsent: true } | { readonly ifMatch: string };

export interface PutOptions {
  readonly contentType?: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly condition?: PutCondition;
}

/**
 * One bucket: S3, or a folder of this machine. Keys are paths without leading slash.
 *
 * Every method throws `ObjectStoreError`.
 */
export interface ObjectStore {
  readonly bucket: string;
  /**
   * Writes the whole object at once: a reader sees the old or the new one, never a part.
   *
   * @returns whether it was written; `false` when the condition did not hold
   */
  put(key: string, body: Uint8Array, options?: PutOptions): Promise<boolean>;
  /** `undefined` when there is no such object. */
  get(key: string): Promise<Uint8Array | undefined>;
  head(key: string): Promise<ObjectInfo | undefined>;
  /** Keys below a prefix in byte order, page by page. */
  list(prefix: string, startAfter?: string): AsyncIterable<string>;
  close(): Promise<void>;
}

/** What went wrong at an object store. */
export type ObjectStoreErrorCode =
  | 'PLUMBLINE_OBJECT_UNAVAILABLE'
  | 'PLUMBLINE_OBJECT_UNAUTHENTICATED'
  | 'PLUMBLINE_OBJECT_DENIED'
  | 'PLUMBLINE_OBJECT_NO_BUCKET'
  | 'PLUMBLINE_OBJECT_BAD_KEY'
  | 'PLUMBLINE_OBJECT_TOO_LARGE'
  | 'PLUMBLINE_OBJECT_REFUSED';

/** Thrown by every `ObjectStore`. */
export class ObjectStoreError extends Error {
  override readonly name = 'ObjectStoreError';
  /** Whether the same request may succeed later. */
  readonly transient: boolean;
  /** What is at fault, where that is known, without what could not be done for it. */
  readonly fault?: string;

  constructor(
    readonly code: ObjectStoreErrorCode,
    message: string,
    options: { readonly cause?: unknown; readonly fault?: string } = {},
  ) {
    super(message, options);
    if (options.fault !== undefined) this.fault = options.fault;
    // A key that is not known yet is put right by somebody while we ask again.
    this.transient = code === 'PLUMBLINE_OBJECT_UNAVAILABLE' || code === 'PLUMBLINE_OBJECT_UNAUTHENTICATED';
  }
}

/** Largest object that is read into memory, bytes. */
export const defaultMaxObjectBytes = 256 * 1024 * 1024;

/** Metadata name that says how many spans a stored trace has. */
export const spanCountMetadata = 'span-count';

/**
 * Writes a stored trace unless there already is one with at least as many spans, so that a late fragment read again after
 * a crash cannot overwrite a whole trace. Safe with any number of writers.
 *
 * @returns whether it was written
 */
export async function putFuller(
  store: ObjectStore,
  key: string,
  body: Uint8Array,
  spanCount: number,
  options: Omit<PutOptions, 'condition'> = {},
): Promise<boolean> {
  const metadata = { ...options.metadata, [spanCountMetadata]: String(spanCount) };
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const present = attempt === 0 ? undefined : await store.head(key);
    if (present !== undefined && Number(present.metadata[spanCountMetadata] ?? 0) >= spanCount) return false;
    const condition: PutCondition = present === undefined ? { ifAbsent: true } : { ifMatch: present.etag };
    if (await store.put(key, body, { ...options, metadata, condition })) return true;
  }
  throw new ObjectContentionError(store.bucket, key);
}

/** Ten conditional puts in a row lost against other writers. */
export class ObjectContentionError extends Error {
  readonly code = 'PLUMBLINE_OBJECT_CONTENTION';
  readonly transient = true;
  override readonly name = 'ObjectContentionError';
  constructor(bucket: string, key: string) {
    super(
      `object ${key} in bucket ${bucket} changed under ten writes in a row; two workers may own the same partition`,
    );
  }
}
