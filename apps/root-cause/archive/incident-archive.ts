import { CopyObjectCommand, HeadObjectCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { encodeIncident, type Incident } from '@plumbline/wire';
import { isNoSuchKey } from '@plumbline/worker';

/** What {@link IncidentArchive.keep} did. */
export interface Kept {
  /** Traces that were copied. */
  readonly traces: number;
  /** Traces that are named and not there any more. */
  readonly gone: number;
}

const revisionMetadata = 'revision';

/** `incident=<id>/incident.json`, and beside it the traces that show it, under the names that they had. */
export class IncidentArchive {
  constructor(
    private readonly client: S3Client,
    private readonly bucket: string,
  ) {}

  /**
   * Copies an incident and its traces. Traces first: where there is an incident, so are they.
   *
   * @returns nothing if this revision is there
   */
  async keep(incident: Incident): Promise<Kept | undefined> {
    const folder = `incident=${incident.id}`;
    const key = `${folder}/incident.json`;
    if ((await this.revisionOf(key)) >= incident.revision) return undefined;
    const kept = { traces: 0, gone: 0 };
    const objects = new Map(
      incident.traces.flatMap(({ object }) => (object === undefined ? [] : [[object.key, object]])),
    );
    for (const { bucket, key: source } of objects.values()) {
      const copied = await this.copy(bucket, source, `${folder}/${source.split('/').at(-1) ?? source}`);
      kept[copied ? 'traces' : 'gone'] += 1;
    }
    await this.client.send(
      new PutObjectCommand({
        Bucket: this.bucket,
        Key: key,
        Body: encodeIncident(incident),
        ContentType: 'application/json',
        Metadata: { [revisionMetadata]: String(incident.revision) },
      }),
    );
    return kept;
  }

  private async revisionOf(key: string): Promise<number> {
    try {
      const { Metadata = {} } = await this.client.send(new HeadObjectCommand({ Bucket: this.bucket, Key: key }));
      return Number(Metadata[revisionMetadata] ?? 0);
    } catch (error) {
      if (isNoSuchKey(error)) return 0;
      throw error;
    }
  }

  /** @returns whether it was there to be copied */
  private async copy(bucket: string, from: string, to: string): Promise<boolean> {
    const source = `${bucket}/${from.split('/').map(encodeURIComponent).join('/')}`;
    try {
      await this.client.send(new CopyObjectCommand({ Bucket: this.bucket, Key: to, CopySource: source }));
      return true;
    } catch (error) {
      if (isNoSuchKey(error)) return false;
      throw error;
    }
  }
}
