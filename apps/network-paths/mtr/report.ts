import { isIPv6, SocketAddress } from 'node:net';
import { z } from 'zod';
import { MeasurementError, type Hop, type Measurement } from './measurement';

/** mtr 0.92 and older write some numbers as texts. */
const number = z.coerce.number().nonnegative();

const hub = z.object({
  count: z.coerce.number().int().min(1).max(255),
  host: z.string().max(255),
  'Loss%': number.max(100),
  Snt: number,
  Avg: number,
  Best: number,
  Wrst: number,
  StDev: number,
});

const report = z.object({ report: z.object({ hubs: z.array(hub).max(255) }) });

/** What mtr writes for a hop that nothing came back from. */
const silent = '???';

/**
 * Reads what `mtr --json --no-dns` prints.
 *
 * @param address of the target
 * @throws {MeasurementError} if it is no report
 */
export function parseReport(text: string, address: string): Measurement {
  const parsed = report.safeParse(parseJson(text));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new MeasurementError(
      'failed',
      `mtr printed no report: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`,
    );
  }
  const wanted = canonical(address);
  const hops = parsed.data.report.hubs
    .map((each): Hop => {
      const answered = each.host !== silent && each.host !== '' && each['Loss%'] < 100;
      return {
        number: each.count,
        host: answered ? canonical(each.host) : undefined,
        sent: each.Snt,
        loss: answered ? each['Loss%'] / 100 : 1,
        rtt: answered ? { mean: each.Avg, best: each.Best, worst: each.Wrst, deviation: each.StDev } : undefined,
      };
    })
    .toSorted((a, b) => a.number - b.number);
  const end = hops.findIndex(({ host }) => host === wanted);
  if (end >= 0) return { address: wanted, reached: true, hops: hops.slice(0, end + 1) };
  return { address: wanted, reached: false, hops: asFarAsAnswered(hops) };
}

/**
 * Without the end that says nothing: silent hops, and the last router once more for every packet that it could not pass on, as it tells
 * "unreachable" whatever the hop that was asked.
 */
function asFarAsAnswered(hops: readonly Hop[]): readonly Hop[] {
  const last = hops.findLast(({ host }) => host !== undefined)?.host;
  if (last === undefined) return [];
  const before = hops.findLastIndex(({ host }) => host !== undefined && host !== last);
  const end = hops.findIndex(({ host }, index) => index > before && host === last);
  return hops.slice(0, end + 1);
}

/** One spelling for each address; an interface, as in `fe80::1%eth0`, is no part of it. */
export function canonical(address: string): string {
  const [bare = ''] = address.split('%');
  return isIPv6(bare) ? new SocketAddress({ address: bare, family: 'ipv6' }).address : bare;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new MeasurementError('failed', 'mtr printed no JSON', { cause });
  }
}
