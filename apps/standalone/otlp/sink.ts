/** Where accepted trace requests go. */
export interface TraceSink {
  /**
   * Takes one ExportTraceServiceRequest in protobuf form; resolves when it is durable.
   *
   * @returns how many of its spans were rejected, and why
   * @throws {OtlpRefusal} when the whole request is refused
   */
  accept(request: Uint8Array): Promise<Acceptance>;
}

export interface Acceptance {
  readonly rejectedSpans: number;
  /** Empty when nothing was rejected. */
  readonly message: string;
}

/** Largest request body after decompression, bytes; the collector's own default batches are far below it. */
export const defaultMaxRequestBytes = 16 * 1024 * 1024;
