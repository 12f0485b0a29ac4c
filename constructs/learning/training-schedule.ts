import type { Construct } from 'constructs';
import { images } from '../images';
import { Component, type ComponentProps, type ScrapeTarget } from '../core/component';
import { CronJob } from '../core/job';
import { connectTrainer, trainerPod, type TrainerProps, type TrainerWires } from './trainer';

/** Options of a {@link TrainingSchedule}. */
export interface TrainingScheduleProps extends ComponentProps, TrainerProps, TrainerWires {
  /** Cron expression, UTC. @default '0 3 * * 0' - Sunday at three */
  readonly schedule?: string;
}

/**
 * Training of the models of traces at set times, by the cluster alone: one pod does every step, and does not wait for drift. For clusters
 * without an {@link Airflow}, which shows each step, tries it again by itself, and is told of drift.
 */
export class TrainingSchedule extends Component {
  readonly software = [images.workers];
  /** It ends before anybody would read them. */
  readonly scrapeTargets: readonly ScrapeTarget[] = [];

  constructor(scope: Construct, id: string, props: TrainingScheduleProps) {
    super(scope, id, props);
    const { schedule = weekly } = props;
    const job = this.main(
      new CronJob(this, 'job', { ...this.common, name: this.name, ...trainerPod(props), schedule }),
    );
    connectTrainer(job, props);
  }
}

/** Sunday at three, UTC. */
export const weekly = '0 3 * * 0';
