import { Size } from 'cdk8s';
import type { Construct } from 'constructs';
import { environmentKeys, type JobName } from '../contracts';
import { images } from '../images';
import type { ConfigFile } from './config-file';
import type { Connection } from './connection';
import { defined } from './defined';
import { Job } from './job';
import type { PlacementProps } from './placement';
import type { Resources } from './resources';
import { trust, use, type Access } from './use';
import type { Workload, WorkloadProps } from './workload';

/** The user of the image of workers and jobs. */
export const workerUser = { user: 65532 } as const;

const jobFolder = '/etc/plumbline';

/** Options of a {@link PlatformJob}. */
export interface PlatformJobProps extends PlacementProps {
  readonly name: string;
  readonly instance: string;
  /** Entry point in the worker image. */
  readonly job: JobName;
  /** What it reconciles, `job.json`. */
  readonly file: ConfigFile;
  /** @default - the worker image of this version of the library */
  readonly image?: string;
  /** @default 25m and 96 MiB, at most 192 MiB */
  readonly resources?: Resources;
  /** Containers that run to completion before it. @default - none */
  readonly initContainers?: NonNullable<WorkloadProps['initContainers']>;
}

/** A Job that runs an entry point of the worker image over a file: no shell and no vendor's tool. */
export class PlatformJob extends Job {
  constructor(scope: Construct, id: string, props: PlatformJobProps) {
    super(scope, id, platformJobProps(props));
    mountJobFile(this, props);
  }

  /** Configures it with what it was granted. @throws {InvalidPropError} if it uses another broker or store already */
  use(access: Access): void {
    use(this, access);
  }

  /** Has it trust a server that it asks by HTTP. @throws {InvalidPropError} if it trusts another authority already */
  trust(connection: Connection): void {
    trust(this, connection);
  }
}

/** A workload that runs an entry point of the worker image. */
export function platformJobProps(props: PlatformJobProps): WorkloadProps {
  const { job, file, image, resources, ...workload } = props;
  return {
    ...workload,
    role: 'job',
    runAs: workerUser,
    container: {
      name: job,
      image: images.workers,
      ...defined({ imageOverride: image }),
      args: ['job', job],
      env: { [environmentKeys.jobFile]: `${jobFolder}/${file.name}` },
      resources: resources ?? { cpu: '25m', memory: '96Mi', memoryLimit: '192Mi' },
    },
  };
}

export function mountJobFile(workload: Workload, { file }: PlatformJobProps): void {
  workload.mount(workload.addConfig('job', [file]), jobFolder);
  workload.mount(workload.addScratch('tmp', Size.mebibytes(16)), '/tmp');
}
