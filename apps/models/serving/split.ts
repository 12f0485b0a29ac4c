/** 32 bits that follow from a text (FNV-1a). */
export function saltOf(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

/**
 * Where a trace falls between 0 and 1: by its id alone, so that all revisions of a trace, all workers and all replays agree. Bits of
 * ids that are not random do no harm: every one counts (MurmurHash3, x86, 32 bits; Appleby, public domain).
 *
 * @param traceId ids of 16 bytes, one after the other
 * @param salt of the experiment: the traces of the next one are others
 */
export function placeOf(traceId: Uint8Array, trace: number, salt: number): number {
  let hash = salt;
  for (let at = trace * 16; at < trace * 16 + 16; at += 4) {
    const word =
      (traceId[at] ?? 0) |
      ((traceId[at + 1] ?? 0) << 8) |
      ((traceId[at + 2] ?? 0) << 16) |
      ((traceId[at + 3] ?? 0) << 24);
    let mixed = Math.imul(word, 0xcc9e2d51);
    mixed = Math.imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    hash ^= mixed;
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash ^= 16;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4_294_967_296;
}
