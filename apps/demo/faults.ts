import { inspect } from 'node:util';
import { DemoError } from './errors';
import { pick, seedOf, seededRandom, uniform } from './prng';
import { isServiceName, serviceNames, topology, type ServiceName } from './topology';

/** Faults that can be switched on in a running service. */
export const faultNames = [
  'slow-dependency',
  'errors',
  'exhausted-pool',
  'cpu-hog',
  'retry-storm',
  'missing-call',
  'slow-query',
] as const;

export type FaultName = (typeof faultNames)[number];

/** Ranges of a parameter. */
export interface ParameterRange {
  /** From which it is drawn: faults that nobody overlooks. Drawn values lie a multiple of `step` above `min`. */
  readonly drawn: { readonly min: number; readonly max: number; readonly step: number };
  /** Outside which it is refused. */
  readonly accepted: { readonly min: number; readonly max: number };
}

/** Values of a fault's parameters; durations in milliseconds, shares from 0 to 1. */
export type FaultParameters = Readonly<Record<string, number>>;

/** One row of the table of faults. */
export interface FaultSpec {
  readonly name: FaultName;
  /** What happens in the altered process, in a line. */
  readonly summary: string;
  /** Services it can hit. Whichever is altered is the culprit. */
  readonly services: readonly ServiceName[];
  readonly parameters: Readonly<Record<string, ParameterRange>>;
  /** What is about to happen, said of a service: `payment now sleeps 640 ms before it answers`. */
  readonly describe: (service: ServiceName, parameters: FaultParameters) => string;
}

/** The call that a retry storm repeats. */
export const repeatedCall: Readonly<Partial<Record<ServiceName, ServiceName>>> = {
  gateway: 'catalog',
  catalog: 'inventory',
  cart: 'catalog',
  checkout: 'payment',
  shipping: 'inventory',
};

/** The call that a missing call leaves out. */
export const skippedCall: Readonly<Partial<Record<ServiceName, ServiceName>>> = {
  gateway: 'cart',
  catalog: 'inventory',
  cart: 'catalog',
  checkout: 'shipping',
  shipping: 'inventory',
};

const withDatabase = topology.filter(({ database }) => database).map(({ name }) => name);
const having = (calls: Readonly<Partial<Record<ServiceName, ServiceName>>>): readonly ServiceName[] =>
  serviceNames.filter((name) => calls[name] !== undefined);
const percent = (share: number | undefined): string => `${String(Math.round((share ?? 0) * 100))} %`;

/** Every fault, the services it can hit, and how hard. */
export const faults: readonly FaultSpec[] = [
  {
    name: 'slow-dependency',
    summary: 'sleeps before it answers',
    services: serviceNames,
    parameters: { delayMs: { drawn: { min: 300, max: 900, step: 10 }, accepted: { min: 1, max: 5000 } } },
    describe: (service, { delayMs }) => `${service} now sleeps ${String(delayMs)} ms before it answers`,
  },
  {
    name: 'errors',
    summary: 'throws while it handles a share of the requests',
    services: serviceNames,
    parameters: { share: { drawn: { min: 0.3, max: 0.6, step: 0.05 }, accepted: { min: 0.01, max: 1 } } },
    describe: (service, { share }) => `${service} now fails ${percent(share)} of its requests`,
  },
  {
    name: 'exhausted-pool',
    summary: 'something in it holds every connection of its database pool, so requests queue for one',
    services: withDatabase,
    parameters: {
      holdMs: { drawn: { min: 500, max: 900, step: 10 }, accepted: { min: 10, max: 5000 } },
      releaseMs: { drawn: { min: 60, max: 120, step: 10 }, accepted: { min: 10, max: 5000 } },
    },
    describe: (service, { holdMs, releaseMs }) =>
      `${service} now holds all its database connections for ${String(holdMs)} of every ${String((holdMs ?? 0) + (releaseMs ?? 0))} ms`,
  },
  {
    name: 'cpu-hog',
    summary: 'burns its event loop in slices',
    services: serviceNames,
    parameters: {
      busyMs: { drawn: { min: 30, max: 60, step: 5 }, accepted: { min: 1, max: 1000 } },
      idleMs: { drawn: { min: 4, max: 8, step: 1 }, accepted: { min: 1, max: 1000 } },
    },
    describe: (service, { busyMs, idleMs }) =>
      `${service} now blocks its event loop for ${String(busyMs)} of every ${String((busyMs ?? 0) + (idleMs ?? 0))} ms`,
  },
  {
    name: 'retry-storm',
    summary: 'takes success for failure and repeats a call several times',
    services: having(repeatedCall),
    parameters: { attempts: { drawn: { min: 3, max: 4, step: 1 }, accepted: { min: 2, max: 10 } } },
    describe: (service, { attempts }) =>
      `${service} now calls ${repeatedCall[service] ?? 'nobody'} ${String(attempts)} times where once was enough`,
  },
  {
    name: 'missing-call',
    summary: 'silently leaves out one of its calls, in every request unless told a share',
    services: having(skippedCall),
    parameters: { share: { drawn: { min: 1, max: 1, step: 1 }, accepted: { min: 0.01, max: 1 } } },
    describe: (service, { share }) =>
      `${service} no longer calls ${skippedCall[service] ?? 'nobody'}${(share ?? 1) < 1 ? ` in ${percent(share)} of its requests` : ''}`,
  },
  {
    name: 'slow-query',
    summary: 'its reads of its database become slow',
    services: withDatabase,
    parameters: { queryMs: { drawn: { min: 120, max: 240, step: 10 }, accepted: { min: 1, max: 5000 } } },
    describe: (service, { queryMs }) =>
      `${service} now reads its database with a query that takes ${String(queryMs)} ms`,
  },
];

/**
 * The row of a fault.
 *
 * @throws DemoError `DEMO_UNKNOWN_FAULT`
 */
export function faultNamed(name: string): FaultSpec {
  const fault = faults.find((candidate) => candidate.name === name);
  if (fault === undefined) {
    throw new DemoError('DEMO_UNKNOWN_FAULT', `no fault is called '${name}'; there are ${faultNames.join(', ')}`);
  }
  return fault;
}

/** A fault and the service it is to hit. */
export interface FaultChoice {
  readonly fault: FaultName;
  readonly service: ServiceName;
}

/**
 * Draws a fault and then one of the services it can hit, each as likely as the others; the same for the same seed.
 *
 * @param wanted what is not left to chance
 * @throws DemoError if a name is unknown or the fault cannot hit the service
 */
export function drawFault(
  seed: number,
  wanted: { readonly fault?: string; readonly service?: string } = {},
): FaultChoice {
  const random = seededRandom(seedOf(seed, 'fault'));
  const { service } = wanted;
  if (service !== undefined && !isServiceName(service)) {
    throw new DemoError(
      'DEMO_UNKNOWN_SERVICE',
      `no service is called '${service}'; there are ${serviceNames.join(', ')}`,
    );
  }
  const candidates = wanted.fault === undefined ? faults : [faultNamed(wanted.fault)];
  const possible = candidates.filter((fault) => service === undefined || fault.services.includes(service));
  if (possible.length === 0) throw notApplicable(faultNamed(wanted.fault ?? ''), service ?? '');
  const fault = pick(random, possible);
  return { fault: fault.name, service: service ?? pick(random, fault.services) };
}

/** Draws a fault's parameters from their ranges; the same for the same seed. */
export function drawParameters(fault: FaultSpec, seed: number): FaultParameters {
  const random = seededRandom(seedOf(seed, fault.name));
  return Object.fromEntries(
    Object.entries(fault.parameters).map(([name, { drawn }]) => {
      const { min, max, step } = drawn;
      const steps = Math.floor(uniform(random, 0, Math.round((max - min) / step) + 1));
      return [name, Number((min + steps * step).toFixed(6))];
    }),
  );
}

/** A fault with its parameters, checked. */
export interface ActiveFault {
  readonly name: FaultName;
  readonly parameters: FaultParameters;
}

/**
 * Reads what came in over HTTP: `{"name": "errors", "share": 0.5}`.
 *
 * @throws DemoError if the fault is unknown, cannot hit this service, or a parameter is missing or out of range
 */
export function parseFault(service: ServiceName, body: unknown): ActiveFault {
  if (typeof body !== 'object' || body === null || !('name' in body) || typeof body.name !== 'string') {
    throw new DemoError('DEMO_UNKNOWN_FAULT', 'a fault is a JSON object with a name');
  }
  const fault = faultNamed(body.name);
  if (!fault.services.includes(service)) throw notApplicable(fault, service);
  const given = new Map<string, unknown>(Object.entries(body));
  const parameters = Object.entries(fault.parameters).map(([name, { accepted }]): [string, number] => {
    const { min, max } = accepted;
    const value = given.get(name);
    if (typeof value !== 'number' || !(value >= min && value <= max)) {
      const range = `${String(min)} to ${String(max)}`;
      throw new DemoError('DEMO_INVALID_PARAMETER', `${fault.name} needs ${name} from ${range}, got ${inspect(value)}`);
    }
    return [name, value];
  });
  return { name: fault.name, parameters: Object.fromEntries(parameters) };
}

function notApplicable(fault: FaultSpec, service: string): DemoError {
  const able = fault.services.join(', ');
  return new DemoError('DEMO_FAULT_NOT_APPLICABLE', `${fault.name} cannot hit ${service}; it can hit ${able}`);
}
