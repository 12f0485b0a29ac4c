import { isIP } from 'node:net';

/** More ranges than these would make policies long. */
const mostRanges = 8;
/** From the narrowest; the last is taken however many there are. */
const lengths = { 4: [24, 20, 16], 6: [64, 56, 48] } as const;

/**
 * Ranges that hold these addresses, and their neighbours: a node that is added, or replaced, mostly gets an address beside them.
 *
 * @returns sorted, of /24 (IPv6: /64), or wider where there would be more than eight
 */
export function rangesAround(addresses: readonly string[]): readonly string[] {
  return ([4, 6] as const).flatMap((version) => {
    const own = addresses.filter((address) => isIP(address) === version && /^[\da-f.:]+$/i.test(address));
    const tried = lengths[version].map((bits) => [...new Set(own.map((address) => rangeOf(address, bits)))].sort());
    return tried.find((ranges) => ranges.length <= mostRanges) ?? tried.at(-1) ?? [];
  });
}

/** `203.0.113.7/32`, `2001:db8::7/128`. */
export function single(address: string): string {
  return `${address}/${isIP(address) === 6 ? 128 : 32}`;
}

/** Whether an address is in a range. */
export function isWithin(address: string, range: string): boolean {
  const [base = '', length = ''] = range.split('/');
  if (isIP(address) === 0 || isIP(address) !== isIP(base)) return false;
  const bits = Number(length);
  return prefix(valueOf(address), bits, widthOf(address)) === prefix(valueOf(base), bits, widthOf(base));
}

/** Whether two ranges have an address in common. */
export function overlap(a: string, b: string): boolean {
  const [first = '', firstBits = ''] = a.split('/');
  const [second = '', secondBits = ''] = b.split('/');
  return Number(firstBits) <= Number(secondBits) ? isWithin(second, a) : isWithin(first, b);
}

function rangeOf(address: string, bits: number): string {
  const width = widthOf(address);
  const base = prefix(valueOf(address), bits, width) << BigInt(width - bits);
  return `${width === 32 ? formatted4(base) : formatted6(base)}/${bits}`;
}

function widthOf(address: string): 32 | 128 {
  return isIP(address) === 6 ? 128 : 32;
}

function prefix(value: bigint, bits: number, width: number): bigint {
  return value >> BigInt(width - bits);
}

function valueOf(address: string): bigint {
  if (isIP(address) === 4) return address.split('.').reduce((sum, part) => (sum << 8n) | BigInt(part), 0n);
  const [head = '', tail] = address.split('::');
  const groups = (text: string | undefined) => (text === undefined || text === '' ? [] : text.split(':'));
  const [first, last] = [groups(head), groups(tail)];
  const middle = tail === undefined ? [] : Array<string>(8 - first.length - last.length).fill('0');
  return [...first, ...middle, ...last].reduce((sum, group) => (sum << 16n) | BigInt(`0x${group}`), 0n);
}

function formatted4(value: bigint): string {
  return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.');
}

/** Only what a range begins with is ever written: the rest is zero. */
function formatted6(value: bigint): string {
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(16 * (7 - index))) & 0xffffn).toString(16));
  while (groups.at(-1) === '0') groups.pop();
  return groups.length === 8 ? groups.join(':') : `${groups.join(':')}::`;
}
