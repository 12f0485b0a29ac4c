/** Unknown to senders, who choose the ids. */
const seed = Math.floor(Math.random() * 0x7fffffff) | 1;

/**
 * Hash of the four words of a trace id, of which a table takes the lowest bits. All words count: ids of 64 bits are half zeros, others
 * share a prefix, and some count up.
 */
export function hashId(a: number, b: number, c: number, d: number): number {
  let mixed = Math.imul(a ^ seed, 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ b, 0xc2b2ae35);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ c, 0x27d4eb2f);
  mixed = Math.imul(mixed ^ (mixed >>> 15) ^ d, 0x165667b1);
  // Without this, what only the last byte tells apart reaches two of the low bits, and 256 such ids share four places.
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d);
  return mixed ^ (mixed >>> 14);
}
