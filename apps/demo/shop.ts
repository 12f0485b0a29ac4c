import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DemoError } from './errors';
import { drawParameters, faultNamed, parseFault, type FaultName, type FaultParameters } from './faults';
import type { LoadStats } from './messages';
import { defaultRatePerSecond, Processes, type RunningService, type ShopOptions } from './processes';
import { faultSwitch } from './remote-fault';
import { serviceNames, type ServiceName } from './topology';

/** What was done to which service. The culprit is the service whose process was altered. */
export interface Injection {
  readonly fault: FaultName;
  readonly service: ServiceName;
  readonly culprit: ServiceName;
  readonly parameters: FaultParameters;
  /** `payment now sleeps 640 ms before it answers` */
  readonly description: string;
  readonly at: Date;
}

/** A shop that runs: inject faults, read what the load generator did, stop it. */
export class Shop {
  /** @internal use {@link startShop} */
  constructor(
    readonly services: readonly RunningService[],
    readonly logDirectory: string,
    private readonly processes: Processes,
  ) {}

  /**
   * Switches a fault on in one service, in place of the one before.
   *
   * @param how how hard: the parameters, or a seed that draws them, the same for the same seed
   * @throws DemoError if the fault is unknown, cannot hit the service, a parameter is refused, or the service refuses
   */
  async inject(fault: string, service: string, how: number | FaultParameters = 1): Promise<Injection> {
    const running = this.serviceNamed(service);
    const spec = faultNamed(fault);
    const body = { ...(typeof how === 'number' ? drawParameters(spec, how) : how), name: spec.name };
    const { parameters } = parseFault(running.name, body);
    await faultSwitch(running.adminUrl).turnOn(body);
    const description = spec.describe(running.name, parameters);
    return { fault: spec.name, service: running.name, culprit: running.name, parameters, description, at: new Date() };
  }

  /** Switches off the faults of every service. */
  async clear(): Promise<void> {
    await Promise.all(this.services.map(({ adminUrl }) => faultSwitch(adminUrl).turnOff()));
  }

  /** What the load generator has done up to half a second ago. */
  stats(): LoadStats {
    return this.processes.load;
  }

  /** Process ids of all that runs: services, databases, load generator. */
  get pids(): readonly number[] {
    return this.processes.pids;
  }

  /** Stops every process: services first send the spans they hold. May be called more than once. */
  async stop(): Promise<void> {
    await this.processes.stop();
  }

  private serviceNamed(name: string): RunningService {
    const service = this.services.find((candidate) => candidate.name === name);
    if (service === undefined) {
      throw new DemoError(
        'DEMO_UNKNOWN_SERVICE',
        `no service is called '${name}'; there are ${serviceNames.join(', ')}`,
      );
    }
    return service;
  }
}

/**
 * Starts databases, services and load generator, each its own process, and resolves when the gateway can take requests.
 *
 * @throws DemoError if an option is out of range, a process ends, or not all is ready in time; nothing is left running then
 */
export async function startShop(options: ShopOptions): Promise<Shop> {
  const rate = options.rate ?? defaultRatePerSecond;
  if (!(rate >= 0 && rate <= 10_000))
    throw new DemoError('DEMO_INVALID_OPTION', `rate should be 0 to 10000, got ${String(rate)}`);
  if (!URL.canParse(options.otlpEndpoint)) {
    throw new DemoError('DEMO_INVALID_OPTION', `otlpEndpoint should be a URL, got '${options.otlpEndpoint}'`);
  }
  const logDirectory = options.logDirectory ?? mkdtempSync(join(tmpdir(), 'shop-'));
  mkdirSync(logDirectory, { recursive: true });
  const processes = new Processes(options, rate, logDirectory);
  try {
    return new Shop(await processes.start(), logDirectory, processes);
  } catch (error) {
    await processes.stop();
    throw error;
  }
}
