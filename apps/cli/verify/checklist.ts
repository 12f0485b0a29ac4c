import type { Check } from './check';
import { buckets } from './checks/buckets';
import { claims, jobs } from './checks/claims-and-jobs';
import { namespaces, objects } from './checks/cluster-objects';
import { consumers } from './checks/consumers';
import { connections, dataSources, grafana, login } from './checks/grafana';
import { metrics } from './checks/metrics';
import { judgedRecords, preprocessedRecords, rawRecords } from './checks/pipeline';
import { topics } from './checks/topics';
import { application, explore, trace } from './checks/traces';
import { workloads } from './checks/workloads';

/** Everything that is looked at, in the order in which one thing stands on another. */
export const checklist: readonly Check[] = [
  ...[namespaces, objects, workloads, claims, jobs],
  ...[topics, buckets],
  ...[grafana, login, dataSources, connections],
  ...[trace, explore, rawRecords, preprocessedRecords, judgedRecords, consumers],
  ...[metrics, application],
];
