import { startHttpReceiver, type Receiver } from '@plumbline/standalone';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createGzip, type Gzip } from 'node:zlib';
import { Writer } from 'protobufjs/minimal';

/** An OTLP endpoint that keeps what is sent to it as `plumbline replay` reads it: length-delimited protobuf, gzipped. */
export class Recorder {
  /** Bytes received. */
  bytes = 0;

  private constructor(
    private file: RecordingFile,
    private readonly receiver: Receiver,
    private readonly level: number,
  ) {}

  /**
   * Listens on a free port of loopback.
   *
   * @param change what is written instead of a request
   * @param level of compression, 1 to 9
   */
  static async start(
    path: string,
    { change = (request) => request, level = 6 }: { change?: (request: Uint8Array) => Uint8Array; level?: number } = {},
  ): Promise<Recorder> {
    const receiver = await startHttpReceiver(
      {
        accept: (request) => {
          recorder.bytes += request.length;
          recorder.file.write(change(request));
          return Promise.resolve({ rejectedSpans: 0, message: '' });
        },
      },
      { port: 0 },
    );
    const recorder = new Recorder(new RecordingFile(path, level), receiver, level);
    return recorder;
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.receiver.port}`;
  }

  /** Goes on in another file, and resolves when the one before is whole. */
  async goOnIn(path: string): Promise<void> {
    const before = this.file;
    this.file = new RecordingFile(path, this.level);
    await before.end();
  }

  /** Stops listening, and resolves when the file is whole. */
  async stop(): Promise<void> {
    await this.receiver.stop();
    await this.file.end();
  }
}

class RecordingFile {
  private readonly gzip: Gzip;
  private readonly finished: Promise<unknown>;

  constructor(path: string, level: number) {
    this.gzip = createGzip({ level });
    this.finished = once(this.gzip.pipe(createWriteStream(path)), 'finish');
  }

  write(request: Uint8Array): void {
    this.gzip.write(Writer.create().bytes(request).finish());
  }

  async end(): Promise<void> {
    this.gzip.end();
    await this.finished;
  }
}
