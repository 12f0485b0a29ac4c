import { startShop, type FaultParameters, type Injection, type Shop } from '@plumbline/demo';
import { join } from 'node:path';
import { Recorder } from '../recorder';

/** How long a shop may take to start beside others, milliseconds. */
const startTimeoutMs = 180_000;

/** A shop whose requests are recorded: its start, its normal traffic and what follows in a file each, without a gap. */
export class RecordedShop {
  private constructor(
    readonly name: string,
    private readonly folder: string,
    private readonly recorder: Recorder,
    private readonly shop: Shop,
  ) {}

  /**
   * @param name begins the names of its files
   * @throws {DemoError} when the shop does not start
   */
  static async start(name: string, folder: string, options: { seed: number; rate: number }): Promise<RecordedShop> {
    const recorder = await Recorder.start(join(folder, fileOf(name, 'start')));
    const { endpoint: otlpEndpoint } = recorder;
    try {
      const shop = await startShop({
        ...options,
        otlpEndpoint,
        logDirectory: join(folder, `shop-${name}-logs`),
        startTimeoutMs,
      });
      return new RecordedShop(name, folder, recorder, shop);
    } catch (error) {
      await recorder.stop();
      throw error;
    }
  }

  /** File of normal traffic, in the folder; whole after {@link endNormal}. */
  get normal(): string {
    return fileOf(this.name, 'normal');
  }

  /** Files of all but the start, in the folder; whole after {@link stop}. */
  get all(): readonly string[] {
    return [this.normal, fileOf(this.name, 'rest')];
  }

  /** What comes from now on is normal. */
  beginNormal(): Promise<void> {
    return this.recorder.goOnIn(join(this.folder, this.normal));
  }

  /** What comes from now on may be anything. */
  endNormal(): Promise<void> {
    return this.recorder.goOnIn(join(this.folder, fileOf(this.name, 'rest')));
  }

  inject(fault: string, service: string, parameters: FaultParameters): Promise<Injection> {
    return this.shop.inject(fault, service, parameters);
  }

  /** Ends the fault that is on. */
  clear(): Promise<void> {
    return this.shop.clear();
  }

  async stop(): Promise<void> {
    await this.shop.stop();
    await this.recorder.stop();
  }
}

function fileOf(name: string, part: 'start' | 'normal' | 'rest'): string {
  return `shop-${name}-${part}.otlp.gz`;
}
