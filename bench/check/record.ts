import { loadavg, cpus } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CheckReport } from '@plumbline/standalone';
import { seededRandom } from '../quality/random';
import type { InjectedFault } from './judge';
import { deal, kindsOfShops, planOf, type LeftAside } from './plan';
import { RecordedShop } from './recorded-shop';
import { breakShop, checkRecording, type Rhythm, type Say } from './shops';

export interface RecordOptions extends Rhythm {
  readonly seed: number;
  /** Requests a second of each shop. */
  readonly rate: number;
  /** Minutes without a fault that are checked. */
  readonly normal: number;
  /** Faults in all, fewest. */
  readonly faults: number;
}

/** One shop: what was recorded of it, what the check said, and how it was broken. */
export interface RecordedRun {
  /** Files, relative to the folder. */
  readonly recording: readonly string[];
  readonly check: Pick<CheckReport, 'targets' | 'quiet'>;
  readonly injected: readonly InjectedFault[];
  readonly leftAside: readonly LeftAside[];
}

/** What is known of a run before it is judged. */
export interface Recorded {
  readonly options: RecordOptions;
  /** Runnable tasks per CPU while faults were on, mean. */
  readonly loadPerCpu: number;
  readonly shops: readonly RecordedRun[];
}

/** Records shops side by side, checks the normal part of each recording, and breaks each as its check says it would be seen. */
export async function record(folder: string, options: RecordOptions, say: Say): Promise<Recorded> {
  const shops: RecordedShop[] = [];
  try {
    for (const kinds of kindsOfShops) {
      const name = String(shops.length + 1);
      const { rate, seed } = options;
      shops.push(await RecordedShop.start(name, folder, { rate, seed: seed * kindsOfShops.length + shops.length }));
      say(`shop ${name} is up; it will have ${kinds.join(' and ')}`);
    }
    // Starting a shop takes all of the machine: what the others recorded meanwhile is not normal.
    await Promise.all(shops.map((shop) => shop.beginNormal()));
    say(`${options.normal} min of normal traffic`);
    await sleep(options.normal * 60_000);
    await Promise.all(shops.map((shop) => shop.endNormal()));
    const reports = await Promise.all(
      shops.map(async (shop, index) => {
        const report = await checkRecording(join(folder, shop.normal), kindsOfShops[index] ?? [], options.seed);
        const sizes = report.targets.filter(({ named }) => named !== undefined).length;
        say(`check of shop ${shop.name}: sizes for ${sizes} of ${report.targets.length} faults`);
        return report;
      }),
    );
    // The checks took all of the machine, too: incidents of that have to end before the first fault.
    say(`${options.quiet} s in which the shops rest`);
    await sleep(options.quiet * 1000);
    const plans = reports.map(({ targets }) => planOf(targets));
    const random = seededRandom(options.seed);
    const dealt = deal(
      plans.map(({ faults }) => faults),
      options.faults,
      random,
    );
    const load = new LoadWatch();
    const injected = await Promise.all(shops.map((shop, index) => breakShop(shop, dealt[index] ?? [], options, say)));
    return {
      options,
      loadPerCpu: load.end(),
      shops: shops.map((shop, index) => ({
        recording: shop.all,
        check: { targets: reports[index]?.targets ?? [], quiet: reports[index]?.quiet ?? noQuiet },
        injected: injected[index] ?? [],
        leftAside: plans[index]?.leftAside ?? [],
      })),
    };
  } finally {
    await Promise.all(shops.map((shop) => shop.stop()));
  }
}

const noQuiet = { minutes: 0, falseAlarms: 0, falseAlarmsPerDay: 0 };

/** Mean of the load averages of a minute. */
class LoadWatch {
  private sum = 0;
  private samples = 0;
  private readonly timer = setInterval(() => this.sample(), 15_000);

  end(): number {
    clearInterval(this.timer);
    this.sample();
    return Number((this.sum / this.samples / cpus().length).toFixed(2));
  }

  private sample(): void {
    this.sum += loadavg()[0] ?? 0;
    this.samples += 1;
  }
}
