/**
 * When the Application of a concern is synced, among those of its environment: what others need comes first. It is the order of a first
 * installation and of an upgrade; nothing depends on it, since every workload waits for what it needs.
 */
export const applicationWaves: Readonly<Record<string, number>> = {
  '00-namespaces': -8,
  credentials: -7,
  storage: -6,
  streaming: -5,
  databases: -4,
  alerting: -3,
  metrics: -3,
  logs: -3,
  tracing: -3,
  collection: -2,
  nodes: -1,
  workloads: -1,
  network: -1,
  applications: -1,
  anomaly: 0,
  learning: 1,
  visualization: 2,
  examples: 3,
};

/** @returns 0 for a concern that has no place in {@link applicationWaves} */
export function applicationWave(concern: string): number {
  return applicationWaves[concern] ?? 0;
}
