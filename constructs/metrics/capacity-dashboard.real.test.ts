import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelOf, queryOf } from '../../environments/dashboards';
import { dataDirectory, promtool } from '../../tools/peers';
import { dump } from '../core/yaml';
import { capacityDashboard } from './capacity-dashboard';

/** The query of a column of a table, over two days. */
function queryFor(panel: string, column: number): string {
  const found = modelOf(capacityDashboard).panels.find(({ title }) => title === panel);
  const target = found?.targets?.[column];
  if (target === undefined) throw new RangeError(`${panel} has no column ${column}`);
  return queryOf(target).text.replaceAll('$__range', '2d');
}

/** What Prometheus answers two days after the first sample, one a minute, rounded to thousandths. */
async function expectAnswers(
  input: Readonly<Record<string, string>>,
  answers: readonly { readonly query: string; readonly samples: Readonly<Record<string, number>> }[],
): Promise<void> {
  const file = join(await dataDirectory('capacity'), 'test.yml');
  const test = {
    rule_files: [],
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: Object.entries(input).map(([series, values]) => ({ series, values })),
        promql_expr_test: answers.map(({ query, samples }) => ({
          expr: `round(${query}, 0.001)`,
          eval_time: '2880m',
          exp_samples: Object.entries(samples).map(([labels, value]) => ({ labels, value })),
        })),
      },
    ],
  };
  await writeFile(file, dump(test));
  await promtool(['test', 'rules', file]);
}

describe('The dashboard of capacity', () => {
  const disk = 'instance_device:node_filesystem_used:ratio';
  const of = (device: string) => `{device="${device}", instance="a"}`;

  it('says when a disk is full that fills evenly, and nothing of one that does not', async () => {
    await expectAnswers(
      {
        [`${disk}${of('sda')}`]: '0.5+0.0001x2880',
        [`${disk}${of('sdb')}`]: '0.5x2880',
        [`${disk}${of('sdc')}`]: '0.5-0.0001x2880',
      },
      [
        // 0.788 is used, and 0.0001 comes a minute: 2,120 minutes are left.
        { query: queryFor('Disks', 2), samples: { [of('sda')]: 127_200 } },
        { query: queryFor('Disks', 1), samples: { [of('sda')]: 1, [of('sdb')]: 0.5, [of('sdc')]: 0 } },
      ],
    );
  });

  it('says when a claim is full, of its free bytes', async () => {
    const claim = '{namespace="logs", persistentvolumeclaim="data-loki-0"}';
    await expectAnswers(
      {
        [`kubelet_volume_stats_available_bytes${claim}`]: '5760-1x2880',
        [`kubelet_volume_stats_capacity_bytes${claim}`]: '10000x2880',
      },
      [
        { query: queryFor('Claims', 2), samples: { [claim]: 172_800 } },
        // A week is more than the two days that are left.
        { query: queryFor('Claims', 1), samples: { [claim]: 1 } },
        { query: queryFor('Claims', 0), samples: { [claim]: 0.712 } },
      ],
    );
  });
});
