import type { Signal } from './signal';

/** What statements of the transform processor are for. */
export type Scope = 'resource' | 'scope' | 'span' | 'spanevent' | 'log' | 'datapoint';

/** What each signal consists of. */
export const scopesOf: Readonly<Record<Signal, readonly Scope[]>> = {
  traces: ['resource', 'scope', 'span', 'spanevent'],
  logs: ['resource', 'scope', 'log'],
  metrics: ['resource', 'scope', 'datapoint'],
};

/** Keys and values, and when there are any. */
export interface KeyedPlace {
  readonly path: string;
  readonly given?: string;
}

/** A body may be a text or have members; then they are what attributes are. */
export const body = { path: 'log.body', given: 'IsMap(log.body)' } as const satisfies KeyedPlace;

/** What may hold a value besides attributes. */
export const textsOf: Readonly<Record<Scope, readonly KeyedPlace[]>> = {
  resource: [],
  scope: [],
  span: [{ path: 'span.name' }, { path: 'span.status.message' }],
  spanevent: [{ path: 'spanevent.name' }],
  log: [{ path: 'log.body', given: 'IsString(log.body)' }, { path: 'log.event_name' }],
  datapoint: [],
};

/** Where a scope has keys and values. */
export function keyed(scope: Scope): readonly KeyedPlace[] {
  return [{ path: `${scope}.attributes` }, ...(scope === 'log' ? [body] : [])];
}
