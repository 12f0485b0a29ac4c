import { ownMs, type Trace } from './simulator';

const serverKind = 2;
/** Traces that an operation has to be in. */
const leastTraces = 10;
/** Added to times before their logarithm is taken, milliseconds; smaller ones are all alike. */
const floorMs = 0.05;
const leastSpread = 0.03;
/** Share of times that are spread three times as wide. */
const wild = 0.02;

/**
 * Names the service of the SERVER span whose own time is likelier to be delayed by `times` robust standard deviations than not:
 * nobody who is not told the size of the delay can do better, but for what the log-normal densities get wrong.
 */
export function nameByDensity(normal: readonly Trace[], abnormal: Trace, times: number): string | undefined {
  const known = new Map<string, number[]>();
  for (const trace of normal) {
    for (const { key, ms } of ownTimes(trace)) known.set(key, [...(known.get(key) ?? []), ms]);
  }
  let best: { readonly service: string; readonly evidence: number } | undefined;
  for (const { key, service, ms } of ownTimes(abnormal)) {
    const values = (known.get(key) ?? []).sort((a, b) => a - b);
    if (values.length < leastTraces) continue;
    const at = (q: number): number => values[Math.floor(q * (values.length - 1))] ?? 0;
    const ln = (q: number): number => Math.log(at(q) + floorMs);
    const usual = { center: ln(0.5), spread: Math.max(leastSpread, (ln(0.75) - ln(0.25)) / 1.349) };
    const delayMs = (times * (at(0.75) - at(0.25))) / 1.349;
    const evidence = Math.log(density(ms - delayMs, usual)) - Math.log(density(ms, usual));
    if (evidence > (best?.evidence ?? -Infinity)) best = { service, evidence };
  }
  return best?.service;
}

function ownTimes(trace: Trace): { readonly key: string; readonly service: string; readonly ms: number }[] {
  return trace.spans
    .filter(({ kind }) => kind === serverKind)
    .map((span) => ({ key: `${span.service} ${span.name}`, service: span.service, ms: ownMs(trace, span) }));
}

function density(ms: number, { center, spread }: { readonly center: number; readonly spread: number }): number {
  if (ms <= -floorMs) return 1e-12;
  const z = (Math.log(ms + floorMs) - center) / spread;
  const shape = (1 - wild) * Math.exp((-z * z) / 2) + (wild / 3) * Math.exp((-z * z) / 18);
  return shape / (spread * (ms + floorMs)) + 1e-9;
}
