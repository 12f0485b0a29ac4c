/**
 * What a signal is worth in the ranking: S_v = prior + Σ w_k · clip(L_k, ±4). All of them are here and nowhere else.
 *
 * Origin: judgement, ordered by what the signal can tell apart. Where failures begin is the most specific; time and calls
 * are divided among services by attribution and so exclude each other; the local signals say that something is odd, which
 * is also true of bystanders. The seeds' rule (earliest anomalous service) is reported and nearly without weight, since
 * alone it ranks below answering with the commonest culprit. To be fitted on labelled faults.
 */
export const weights = {
  latency: 1.6,
  errorOrigin: 2,
  calls: 1.5,
  spectrum: 0.4,
  growth: 0.5,
  breadth: 0.3,
  earliest: 0.1,
} as const;
export type SignalName = keyof typeof weights;

/** Score of "none of these": what has no more than half of every symptom does not beat it. */
export const unknownScore = 0;

/** Softmax temperature: scores are sums of dependent evidence, so they are believed half. */
export const temperature = 2;

/** No single signal decides alone. */
export const mostEvidence = 4;
