import { join } from 'node:path';
import { judge, quietOf } from './judge';
import type { Recorded } from './record';
import { neededShare, type CheckedFault, type CheckResult } from './result';
import { tellOf, type Say } from './shops';
import type { JudgedFault, Quiet } from './judge';

/** What came of a run: replays each shop's recording and judges every fault in it. */
export async function conclude(
  folder: string,
  { options, loadPerCpu, shops }: Recorded,
  say: Say,
): Promise<Omit<CheckResult, 'command' | 'node' | 'cpus'>> {
  const faults: CheckedFault[] = [];
  const quiet: Quiet[] = [];
  for (const [index, { recording, injected }] of shops.entries()) {
    const told = await tellOf(recording.map((file) => join(folder, file)));
    faults.push(...judge(injected, told).map((fault) => brief(fault, index + 1)));
    quiet.push(quietOf(injected, told));
    say(`replayed shop ${index + 1}`);
  }
  const asSaid = faults.filter((fault) => fault.asSaid).length;
  const sum = (of: (item: Quiet) => number) => quiet.reduce((total, item) => total + of(item), 0);
  return {
    seed: options.seed,
    loadPerCpu,
    shops: shops.length,
    rate: options.rate,
    normalMinutes: options.normal,
    brokenSeconds: options.broken,
    asSaid,
    total: faults.length,
    passed: faults.length >= options.faults && asSaid >= neededShare * faults.length,
    faults,
    quiet: { minutes: Math.round(sum(({ minutes }) => minutes)), falseAlarms: sum(({ falseAlarms }) => falseAlarms) },
    leftAside: shops.flatMap(({ leftAside }) =>
      leftAside.map(({ target: { kind, culprits, of }, reason }) => ({
        kind,
        service: culprits.join(', '),
        ...(of === undefined ? {} : { of }),
        reason,
      })),
    ),
  };
}

/** What is kept of a fault: enough to see what was said and what happened. */
function brief(judged: JudgedFault, shop: number): CheckedFault {
  const { target, size, fault, service, afterMs, lateMs, named, asSaid, alongside } = judged;
  if ('times' in size) throw new TypeError('sizes of multiples are not injected');
  return {
    shop,
    kind: target.kind,
    service,
    ...(target.of === undefined ? {} : { of: target.of }),
    size,
    fault,
    asSaid,
    ...(afterMs === undefined ? {} : { afterSeconds: Math.round(afterMs / 1000) }),
    ...(lateMs === undefined ? {} : { lateSeconds: Math.round(lateMs / 1000) }),
    ...(named === undefined ? {} : { named }),
    alongside,
  };
}
