import { Duration, Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { ports, type WorkerName } from '../contracts';
import { images } from '../images';
import type { ScrapeTarget } from '../core/component';
import { defined } from '../core/defined';
import { Deployment } from '../core/deployment';
import type { PlacementProps } from '../core/placement';
import { workerUser } from '../core/platform-job';
import { Probe } from '../core/probe';
import type { Resources } from '../core/resources';
import { Service } from '../core/service';
import { use, type Access } from '../core/use';

/** Options of a {@link Worker}. */
export interface WorkerProps extends PlacementProps {
  readonly name: string;
  readonly instance: string;
  /** Entry point in the worker image. */
  readonly worker: WorkerName;
  readonly resources: Resources;
  /** @default 1 */
  readonly replicas?: number;
  /** Whether it must not run twice, not even while it is replaced. @default false */
  readonly single?: boolean;
  /** Settings beside those that grants add. @default - the worker's own defaults */
  readonly env?: Readonly<Record<string, string>>;
  /** @default - the worker image of this version of the library */
  readonly image?: string;
}

/** A worker finishes what it holds, commits, and leaves its consumer group; then it has some time to spare. */
const shutdown = { workerSeconds: 50, podSeconds: 60 } as const;

/** One worker of the pipeline: a Deployment of its entry point, with health, readiness and metrics on port 8081. */
export class Worker extends Deployment {
  readonly scrapeTarget: ScrapeTarget;

  constructor(scope: Construct, id: string, props: WorkerProps) {
    const { worker, resources, single = false, env, image, ...workload } = props;
    super(scope, id, {
      ...workload,
      role: 'worker',
      recreate: single,
      runAs: workerUser,
      gracePeriod: Duration.seconds(shutdown.podSeconds),
      container: {
        image: images.workers,
        ...defined({ imageOverride: image }),
        args: ['run', worker],
        env: { SHUTDOWN_GRACE_SECONDS: String(shutdown.workerSeconds), ...env },
        resources,
        readiness: Probe.http('operations', '/readyz'),
        liveness: Probe.http('operations', '/healthz', { failures: 6 }),
      },
    });
    this.mount(this.addScratch('tmp', Size.mebibytes(64)), '/tmp');
    const pods = new Service(this, 'headless', { workload: this, headless: true });
    const operations = pods.endpoint({ name: 'operations', port: ports.workerOperations, scheme: 'http' });
    this.scrapeTarget = { job: this.name, endpoint: operations };
  }

  /** Configures it with what it was granted. @throws {InvalidPropError} if it uses another broker or store already */
  use(...accesses: readonly Access[]): void {
    for (const access of accesses) use(this, access);
  }
}
