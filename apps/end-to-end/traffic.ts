import { telemetrygen } from '@plumbline/tools/peers';

/** What an application sends. */
export interface Behaviour {
  /** Of every span, in Go's notation. */
  readonly spanDuration: string;
  readonly status: 'Unset' | 'Error';
}

const roundSeconds = 3;
/** Enough to fill the aggregator's batches before their time. */
const spansPerSecond = 250;
/** Besides the root. */
export const childSpans = 4;

/** Sends traces of one service through telemetrygen, an OTLP client independent of ours, until it is stopped. */
export class Traffic {
  behaviour: Behaviour = { spanDuration: '4ms', status: 'Unset' };
  private going = true;
  private readonly sending: Promise<void>;

  /**
   * @param endpoint `host:port` that takes OTLP over gRPC
   * @param caFile of the authority to trust; without TLS where there is none
   */
  constructor(
    private readonly endpoint: string,
    private readonly service: string,
    private readonly caFile?: string,
  ) {
    this.sending = this.run();
    // A failure is reported by `stop`.
    this.sending.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.going = false;
    await this.sending;
  }

  private async run(): Promise<void> {
    while (this.going) {
      const { spanDuration, status } = this.behaviour;
      await telemetrygen([
        ...['traces', '--otlp-endpoint', this.endpoint, '--service', this.service],
        ...(this.caFile === undefined ? ['--otlp-insecure'] : ['--ca-cert', this.caFile]),
        ...['--rate', String(spansPerSecond), '--duration', `${roundSeconds}s`],
        ...['--child-spans', String(childSpans), '--span-duration', spanDuration, '--status-code', status],
      ]);
    }
  }
}
