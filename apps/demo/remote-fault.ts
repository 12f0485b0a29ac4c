import { DemoError, messageOf } from './errors';
import type { ActiveFault } from './faults';
import type { ServiceName } from './topology';

/** What a running service says of its fault. */
export interface FaultState {
  readonly service: ServiceName;
  readonly active: ActiveFault | null;
}

/** The switch of a running service, over HTTP. */
export interface RemoteFaultSwitch {
  /** @param fault `{ name, …parameters }`. @throws DemoError if the service refuses it or does not answer */
  turnOn(fault: object): Promise<FaultState>;
  /** Switches off whatever is on. @throws DemoError if the service does not answer */
  turnOff(): Promise<FaultState>;
  /** @throws DemoError if the service does not answer */
  state(): Promise<FaultState>;
}

const timeoutMs = 10_000;

/** @param adminUrl where the service has health and faults, such as `http://127.0.0.1:8081` */
export function faultSwitch(adminUrl: string): RemoteFaultSwitch {
  const url = new URL('/_fault', adminUrl).href;
  return {
    turnOn: (fault) => ask(url, 'POST', fault),
    turnOff: () => ask(url, 'DELETE'),
    state: () => ask(url, 'GET'),
  };
}

async function ask(url: string, method: 'GET' | 'POST' | 'DELETE', fault?: object): Promise<FaultState> {
  const body = fault === undefined ? {} : { body: JSON.stringify(fault) };
  const response = await fetch(url, { method, ...body, signal: AbortSignal.timeout(timeoutMs) }).catch(
    (cause: unknown) => {
      throw new DemoError('DEMO_UNREACHABLE', `nothing answers at ${url}: ${messageOf(cause)}`, { cause });
    },
  );
  const answer = await response.text();
  if (response.ok) return JSON.parse(answer) as FaultState;
  throw new DemoError('DEMO_INJECTION_REFUSED', `${url} answered ${String(response.status)} to ${method}: ${answer}`);
}
