import { code, page, table } from '../../tools/markdown';
import { neededShare, type CheckResult } from './result';
import { foundText, sizeText, summaryText } from './text';

const title = 'Whether check keeps its word';

/** What became of faults of the sizes that a check named, in Markdown; says what to run where nothing was measured. */
export function checkPage(result: CheckResult | undefined): string {
  if (result === undefined) {
    return page(
      title,
      `Nothing has been measured yet: run ${code('npm run bench:check')}, then ${code('npm run docs')}.`,
      [howItIsMeasured],
    );
  }
  const { shops, rate, normalMinutes, brokenSeconds, leftAside } = result;
  const rows = result.faults.map((fault, index) => [
    String(index + 1),
    fault.kind,
    fault.service,
    sizeText(fault.size),
    fault.fault,
    foundText(fault),
    fault.named ?? '',
    fault.asSaid ? 'yes' : '**no**',
    fault.alongside ? 'yes' : '',
  ]);
  return page(
    title,
    `Measured by ${code(result.command)} on ${result.cpus} CPUs, Node.js ${result.node}, with ${result.loadPerCpu} runnable tasks per CPU: ` +
      `${shops} shops side by side at ${rate} requests a second, ${normalMinutes} min of normal traffic each, every fault ${brokenSeconds} s. ` +
      `**${summaryText(result)}**; ${Math.round(neededShare * 100)} % are needed.`,
    [
      howItIsMeasured,
      '## Faults',
      table(['#', 'Kind', 'Service', 'Size', 'Fault', 'Found after, s', 'Named', 'As said', 'Another open'], rows),
      '"Another open": an incident was still open when the fault began.',
      ...(leftAside.length === 0
        ? []
        : [
            '## Not injected',
            table(
              ['Kind', 'Service', 'Of', 'Why'],
              leftAside.map(({ kind, service, of, reason }) => [kind, service, of ?? '', reason]),
            ),
          ]),
    ],
  );
}

const howItIsMeasured = `\`plumbline check\` puts faults into recorded traces and tells the smallest size of each that is found within a minute
with the right service named first. Here shops are recorded, the check is made of their normal traffic, and then faults are really
injected at just those sizes, one after another. All that was recorded is replayed with the preset \`server\`, and judged as a check judges
its own: an incident opens within a minute of event time, to the end of the window that decided, and names the service first.

What is injected is what comes closest, and not the same:

- \`own-time\`: the service sleeps before it handles a request, for a time that varies by 10 %; a check adds the same time to each.
- \`errors\`: the service fails before it does anything, in any operation; its calls stay away. A check fails one operation and leaves times
  and calls as they were.
- \`left-out\`: the one call that the shop can leave out, in the share of requests named; a check leaves it out of a share of traces.
- \`peer\`: reads of the database become slower by 80 to 120 % of the time named, for at most two thirds of the database's time, and what
  comes meanwhile queues; a check slows every statement.
- \`edges\`: the shop has no slow network.`;
