const digits = 16;

/**
 * `<first offset>.log` for a segment as it was written, `<first offset>-<end offset>.log` for what compaction made of all segments
 * before the end offset: whoever finds both after a crash keeps the second.
 */
export function segmentName(baseOffset: number, endOffset?: number): string {
  const base = String(baseOffset).padStart(digits, '0');
  return endOffset === undefined ? `${base}.log` : `${base}-${String(endOffset).padStart(digits, '0')}.log`;
}

/** What a file name says of its segment; `undefined` for a file that is none. */
export function parseSegmentName(
  name: string,
): { readonly baseOffset: number; readonly compactedEnd: number | undefined } | undefined {
  const match = /^(\d{16})(?:-(\d{16}))?\.log$/.exec(name);
  if (match === null) return undefined;
  return { baseOffset: Number(match[1]), compactedEnd: match[2] === undefined ? undefined : Number(match[2]) };
}
