/** What applications send by OTLP. */
export type Signal = 'traces' | 'logs' | 'metrics';

export const signals: readonly Signal[] = ['traces', 'logs', 'metrics'];
