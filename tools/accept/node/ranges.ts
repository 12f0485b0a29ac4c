/**
 * A range of IPv4 addresses without others, as ranges: rules of iptables say what they match, and not what they leave out.
 *
 * @param cidr such as `0.0.0.0/0`
 * @param except ranges that are left out; those of IPv6 leave nothing out
 */
export function rangesWithout(cidr: string, except: readonly string[]): readonly string[] {
  return without(parse(cidr), except.filter((each) => !each.includes(':')).map(parse)).map(
    ({ base, bits }) => `${[24, 16, 8, 0].map((shift) => (base >>> shift) & 255).join('.')}/${bits}`,
  );
}

interface Range {
  /** As an unsigned number. */
  readonly base: number;
  readonly bits: number;
}

function without(range: Range, except: readonly Range[]): readonly Range[] {
  const inside = except.filter((each) => contains(range, each) || contains(each, range));
  if (inside.length === 0) return [range];
  if (inside.some((each) => contains(each, range))) return [];
  const bits = range.bits + 1;
  const upper = (range.base | (1 << (32 - bits))) >>> 0;
  return [...without({ base: range.base, bits }, inside), ...without({ base: upper, bits }, inside)];
}

function contains(outer: Range, inner: Range): boolean {
  if (outer.bits > inner.bits) return false;
  // A shift by 32 is none in JavaScript.
  return outer.bits === 0 || outer.base >>> (32 - outer.bits) === inner.base >>> (32 - outer.bits);
}

function parse(cidr: string): Range {
  const [address = '', bits = '32'] = cidr.split('/');
  return { base: address.split('.').reduce((sum, part) => ((sum << 8) | Number(part)) >>> 0, 0), bits: Number(bits) };
}
