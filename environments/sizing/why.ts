import type { Comparison } from './sources';

/** Why figures of a document are not near ours. */
export interface Explanation {
  /** Title of the table begins with it. */
  readonly table: string;
  readonly components: readonly string[];
  readonly reason: string;
}

/** Every figure that is further away than the page says has one of these, and none is for a figure that is near: a test. */
export const explanations: readonly Explanation[] = [
  {
    table: '000',
    components: ['tempo'],
    reason: 'A tenth of a core is the least that people ask for; 250 spans a second take a fiftieth.',
  },
  {
    table: '001, resource requirements, Production',
    components: ['all'],
    reason:
      'It counts 11.6 bytes for a span that is kept, and measured spans are ten times as large: a week of them does not fit. Its memory has room for questions over a week, which no load describes.',
  },
  {
    table: '002',
    components: ['prometheus', 'mimir'],
    reason:
      'The metrics rows are wrong for the rate they are given for. By Mimir’s own page a million samples a second, thirty million series at half a minute, are 40 cores of distributors and 300 of ingesters with three copies; its 24 cores are for some 70,000 samples a second. And a year of it is 60 TB in the bucket: at two bytes a sample, no table of CPU makes it 1,500 GB.',
  },
  {
    table: '002',
    components: ['loki', 'tempo'],
    reason:
      'Pods of a usual size, for no rate: a gigabyte a day is 12 KB a second, and 6 cores and 24 GB take more than a hundred times as much. The room is for questions, and for the day when there are more lines.',
  },
  {
    table: '002',
    components: ['grafana', 'alertmanager'],
    reason:
      'Neither follows from what comes. Ours are what the constructs ask for: Grafana’s state is in a database and not on 100 GB, and a gigabyte of Alertmanager’s memory is for 5,000 alerts that fire.',
  },
  {
    table: '004',
    components: ['prometheus', 'grafana', 'loki', 'tempo'],
    reason:
      'It names no load, so there is nothing that it could be right for. It has memory and cores for several times of what we take it to be for, which is room for questions; `environments/enterprise-sizes.ts` has its figures as they are.',
  },
];

export function explanationOf({ table, component }: Comparison): Explanation | undefined {
  return explanations.find((each) => table.startsWith(each.table) && each.components.includes(component));
}
