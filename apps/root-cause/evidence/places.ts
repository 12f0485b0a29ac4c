import { labelsOf, type Evidence, type LabelKind, type LabelStats, type Labels } from '@plumbline/wire';
import { cut, label, percent, precise } from '../wording';

/** Requests from which it is told where they were. */
const leastBad = 5;
/** A place with nearly all requests has nearly all slow ones: that says nothing. */
const mostUsual = 0.7;
/** Least share of them in one place, how many times as often as elsewhere, and how improbable by chance (−ln p; 1 in 1000). */
const leastShare = 0.6;
const leastRatio = 3;
const leastEvidence = Math.log(1000);

interface Concentration {
  readonly text: string;
  readonly places: number;
  readonly bad: number;
  /** Share of the slow or failing requests that are there, and of all requests. */
  readonly share: number;
  readonly usual: number;
  /** −ln of the probability (Chernoff's bound) that so many are there by chance. */
  readonly evidence: number;
}

/**
 * Whether what is slow or fails of a service is in one of its several pods, or on one node, or on one version: which says
 * where to look, and that it is no fault of all of them.
 *
 * @param labels of the service, over the windows of the incident
 */
export function placesOf(service: string, labels: Labels | undefined): Evidence[] {
  const found = (kind: LabelKind): Evidence[] => {
    const of = labelsOf(labels, kind);
    if (of === undefined) return [];
    const [slow, failing] = [concentration(of, 'slow'), concentration(of, 'failing')];
    if (slow !== undefined && slow.evidence >= (failing?.evidence ?? 0)) return [evidence(service, kind, 'slow', slow)];
    return failing === undefined ? [] : [evidence(service, kind, 'failing', failing)];
  };
  const pod = found('pod');
  return [...(pod.length > 0 ? pod : found('node')), ...found('version')];
}

function concentration(of: ReadonlyMap<string, LabelStats>, signal: 'slow' | 'failing'): Concentration | undefined {
  const places = [...of].filter(([, { traces }]) => traces > 0);
  const total = places.reduce((sum, [, { traces }]) => sum + traces, 0);
  const bad = places.reduce((sum, [, counted]) => sum + Math.max(0, counted[signal]), 0);
  const [worst] = places.sort(([a, x], [b, y]) => y[signal] - x[signal] || (a < b ? -1 : 1));
  if (worst === undefined || places.length < 2 || bad < leastBad) return undefined;
  const [text, counted] = worst;
  const share = counted[signal] / bad;
  const usual = counted.traces / total;
  if (usual > mostUsual) return undefined;
  const rate = counted[signal] / counted.traces;
  const elsewhere = (bad - counted[signal]) / Math.max(1, total - counted.traces);
  const evidence = bad * divergence(share, usual);
  if (share < leastShare || rate < leastRatio * elsewhere || evidence < leastEvidence) return undefined;
  return { text, places: places.length, bad, share, usual, evidence };
}

/** Kullback–Leibler divergence of two shares, natural logarithms. */
function divergence(q: number, p: number): number {
  const part = (a: number, b: number): number => (a <= 0 ? 0 : a * Math.log(a / Math.max(b, 1e-12)));
  return q <= p ? 0 : part(q, p) + part(1 - q, 1 - p);
}

function evidence(
  service: string,
  kind: LabelKind,
  signal: 'slow' | 'failing',
  { text, places, bad, share, usual }: Concentration,
): Evidence {
  const how = share > 0.995 ? 'All' : percent(share);
  return {
    kind: `one-${kind}`,
    source: 'traces',
    service,
    operation: '',
    signal: `share of ${signal} requests`,
    unit: 'share',
    before: precise(usual),
    now: precise(share),
    spans: bad,
    weight: 0,
    sentence: `${how} of the ${signal} requests of ${label(service)} are on ${kind} ${cut(text, 80)}, 1 of ${places}, which has ${percent(usual)} of its requests (${bad} ${signal}).`,
  };
}
