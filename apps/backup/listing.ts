import { BackupError } from './errors';
import { objectEntry, type Listing, type ObjectEntry, type Part } from './format';
import { compareKeys, type ListedObject } from './s3-bucket';
import type { Vault } from './vault';

/** Entries of one file of a list: what is lost of an interrupted backup at most, and held in memory at once. */
const entriesInFile = 1_000;

/** Writes the list of a bucket, file by file, in the order in which entries come. */
export class ListingWriter {
  private lines: string[] = [];
  private readonly written: Listing[] = [];

  /** @param folder of the snapshot; a second look at the same bucket has another */
  constructor(
    private readonly vault: Vault,
    private readonly id: string,
    private readonly folder: string,
  ) {}

  async add(entry: ObjectEntry): Promise<void> {
    this.lines.push(`${JSON.stringify(entry)}\n`);
    if (this.lines.length >= entriesInFile) await this.flush();
  }

  async close(): Promise<readonly Listing[]> {
    await this.flush();
    return this.written;
  }

  private async flush(): Promise<void> {
    if (this.lines.length === 0) return;
    const file = `${this.folder}/${String(this.written.length).padStart(6, '0')}.jsonl.gz`;
    const { sha256, bytes } = await this.vault.writeLines('buckets', this.id, file, this.lines);
    this.written.push({ file, sha256, bytes, entries: this.lines.length });
    this.lines = [];
  }
}

/** Entries of a list in its order, a file at a time. @throws {BackupError} if a file is missing or was changed */
export async function* readListings(
  vault: Vault,
  id: string,
  lists: readonly { readonly file: string; readonly sha256?: string }[],
): AsyncIterable<ObjectEntry> {
  const part: Part = 'buckets';
  for (const { file, sha256 } of lists) {
    const lines = await vault.readLines(part, id, file, sha256 === undefined ? undefined : { sha256 });
    for (const line of lines) yield objectEntry.parse(JSON.parse(line));
  }
}

/** What an earlier backup stored of a bucket, looked up by rising keys with one file in memory; what of it cannot be read is as if it were not there. */
export class EarlierEntries {
  private readonly entries: AsyncIterator<ObjectEntry>;
  private next: ObjectEntry | undefined;
  private key: string | undefined;
  private ofKey: ObjectEntry[] = [];
  private started = false;

  constructor(entries: AsyncIterable<ObjectEntry>) {
    this.entries = entries[Symbol.asyncIterator]();
  }

  /** The entry of the same object with the same content. Keys that are asked for must rise, or nothing is found. */
  async find(object: ListedObject): Promise<ObjectEntry | undefined> {
    await this.advance(object.key);
    return this.ofKey.find(
      ({ size, etag, modifiedMs, versionId, content }) =>
        content !== undefined &&
        size === object.size &&
        etag === object.etag &&
        modifiedMs === object.modifiedMs &&
        versionId === object.versionId,
    );
  }

  private async advance(key: string): Promise<void> {
    if (this.key === key) return;
    this.key = key;
    this.ofKey = [];
    if (!this.started) await this.step();
    this.started = true;
    while (this.next !== undefined && compareKeys(this.next.key, key) < 0) await this.step();
    while (this.next?.key === key) {
      this.ofKey.push(this.next);
      await this.step();
    }
  }

  private async step(): Promise<void> {
    try {
      const step = await this.entries.next();
      this.next = step.done === true ? undefined : step.value;
    } catch (error) {
      // What an earlier backup lost is stored again.
      if (!(error instanceof BackupError)) throw error;
      this.next = undefined;
    }
  }
}
