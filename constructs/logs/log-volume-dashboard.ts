import type { Dashboard } from '../core/dashboard';
import { dashboard, folders, logql, row, table, textVariable } from '../dashboards';
import { usualUnitPrices } from '../sizing';

const price = 'price_lines';
/** What the tables count: an hour would be read anew each time that somebody looks. */
const minutes = 5;
const selector = '{service_name=~".+"}';
const bytes = `sum by (service_name, k8s_namespace_name) (bytes_over_time(${selector}[${minutes}m]))`;
/** Of a stream: what `streamAttributes` are by default. */
const labels = [
  'service_name',
  'service_namespace',
  'k8s_namespace_name',
  'k8s_cluster_name',
  'deployment_environment_name',
].join(', ');

/** Which services make lines and streams, and what that costs: counted by reading the lines of some minutes. */
export const logVolumeDashboard: Dashboard = dashboard({
  uid: 'log-volume',
  title: 'Log volume',
  folder: folders.platform,
  description: 'Which services write how much, into how many streams, and what that costs in a month.',
  variables: [
    textVariable(price, `${usualUnitPrices.currency} for a GB of lines`, String(usualUnitPrices.lineGigabyte)),
  ],
  rows: [
    row(
      'Of the last five minutes',
      table({
        title: 'Bytes, and what they cost in a month',
        description:
          'As if every five minutes were like the last. Their lines are read to be counted. Twenty services.',
        labels: { service_name: 'Service', k8s_namespace_name: 'Namespace' },
        values: [
          {
            title: 'In a month',
            query: logql(`topk(20, ${bytes} * ${(30 * 1_440) / minutes} / 1000000000 * $${price})`),
            unit: 'short',
          },
          { title: 'Bytes a second', query: logql(`topk(20, ${bytes} / ${minutes * 60})`), unit: 'binBps' },
        ],
      }),
      table({
        title: 'Services with the most streams',
        description: 'An attribute with ids in it makes a stream for each of them. Twenty services.',
        labels: { service_name: 'Service' },
        values: [
          {
            title: 'Streams',
            query: logql(
              `topk(20, count by (service_name) (sum by (${labels}) (count_over_time(${selector}[${minutes}m]))))`,
            ),
            unit: 'short',
          },
        ],
      }),
    ),
  ],
});
