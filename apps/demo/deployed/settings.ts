import { shopDatabasePort, shopEnvironmentKeys as keys, shopPorts } from '@plumbline/contracts/shop';
import { DemoError } from '../errors';
import type { Address } from '../messages';
import type { Peers } from '../service/calls';
import type { ServiceName, ServiceSpec } from '../topology';

export type Environment = Readonly<Record<string, string | undefined>>;

/** What every program of the shop is told. */
export interface ProgramSettings {
  /** Port of health and of faults. */
  readonly adminPort: number;
  readonly seed: number;
}

/** What a service is told. */
export interface ServiceSettings extends ProgramSettings {
  readonly port: number;
  readonly peers: Peers;
  readonly database?: Address;
  /** How long it goes on taking requests after it was told to end, milliseconds. */
  readonly drainMs: number;
}

/** What the load generator is told. */
export interface LoadSettings extends ProgramSettings {
  readonly gateway: Address;
  readonly ratePerSecond: number;
}

/** What the pod of all databases is told. */
export interface DatabasesSettings extends ProgramSettings {
  readonly portOf: (service: ServiceName) => number;
}

/** @throws DemoError `DEMO_INVALID_ENVIRONMENT` naming the variable */
export function serviceSettings({ calls, database }: ServiceSpec, environment: Environment): ServiceSettings {
  return {
    ...programSettings(environment),
    port: readNumber(environment, keys.port, { max: 65_535, whole: true, fallback: shopPorts.http }),
    drainMs: 1000 * readNumber(environment, keys.drainSeconds, { max: 600, fallback: 5 }),
    peers: Object.fromEntries(calls.map((callee) => [callee, readUrl(environment, keys.urlOf(callee))])),
    ...(database && { database: readAddress(environment, keys.database) }),
  };
}

/** @throws DemoError `DEMO_INVALID_ENVIRONMENT` naming the variable */
export function loadSettings(environment: Environment): LoadSettings {
  return {
    ...programSettings(environment),
    gateway: readUrl(environment, keys.urlOf('gateway')),
    ratePerSecond: readNumber(environment, keys.rate, { max: 10_000 }),
  };
}

/** @throws DemoError `DEMO_INVALID_ENVIRONMENT` naming the variable */
export function databasesSettings(environment: Environment): DatabasesSettings {
  return {
    ...programSettings(environment),
    portOf: (service) => {
      const fallback = shopDatabasePort(service);
      return readNumber(environment, keys.databasePortOf(service), {
        max: 65_535,
        whole: true,
        ...(fallback !== undefined && { fallback }),
      });
    },
  };
}

function programSettings(environment: Environment): ProgramSettings {
  return {
    adminPort: readNumber(environment, keys.adminPort, { max: 65_535, whole: true, fallback: shopPorts.admin }),
    seed: readNumber(environment, keys.seed, { max: 2 ** 32 - 1, whole: true, fallback: 1 }),
  };
}

interface NumberOptions {
  readonly max: number;
  readonly whole?: boolean;
  /** @default - the variable has to be there */
  readonly fallback?: number;
}

function readNumber(environment: Environment, key: string, { max, whole = false, fallback }: NumberOptions): number {
  const text = environment[key] ?? '';
  if (text === '' && fallback !== undefined) return fallback;
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= max) || (whole && !Number.isInteger(value)))
    throw invalid(key, text, `${whole ? 'a whole number' : 'a number'} from 0 to ${String(max)}`);
  return value;
}

function readUrl(environment: Environment, key: string): Address {
  const text = environment[key] ?? '';
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' || url.pathname !== '/') throw invalid(key, text, 'http://host:port');
  return { host: withoutBrackets(url.hostname), port: Number(url.port === '' ? 80 : url.port) };
}

function readAddress(environment: Environment, key: string): Address {
  const text = environment[key] ?? '';
  const [, host, port] = /^(\[[\da-fA-F:.]+\]|[\w.-]+):(\d{1,5})$/.exec(text) ?? [];
  if (host === undefined || Number(port) > 65_535) throw invalid(key, text, 'host:port');
  return { host: withoutBrackets(host), port: Number(port) };
}

/** As sockets take an IPv6 address. */
function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function invalid(key: string, text: string, wanted: string): DemoError {
  return new DemoError('DEMO_INVALID_ENVIRONMENT', `${key} should be ${wanted}, got '${text}'`);
}
