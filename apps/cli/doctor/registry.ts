import type { DoctorCheck } from './check';
import { apiServer } from './checks/api-server';
import { autoscaling } from './checks/autoscaling';
import { collectors } from './checks/collectors';
import { clock, connection, versions } from './checks/connection';
import { consumers } from './checks/consumers';
import { dataSources } from './checks/data-sources';
import { health } from './checks/health';
import { kinds, metricsApi } from './checks/kinds';
import { freePorts, node } from './checks/laptop';
import { manifests } from './checks/manifests';
import { namespaces } from './checks/namespaces';
import { dns, networkPolicies, nodePorts } from './checks/network';
import { nodes, scheduling } from './checks/nodes';
import { permissions } from './checks/permissions';
import { admission, crashes, images, jobs } from './checks/pods';
import { alertmanager, targets } from './checks/prometheus';
import { secrets } from './checks/secrets';
import { pendingClaims, storage } from './checks/storage';

/** Everything that is looked at, in the order in which one thing stands on another. */
export const registry: readonly DoctorCheck[] = [
  ...[node, freePorts, manifests],
  ...[connection, clock, versions, permissions, kinds],
  ...[namespaces, nodes, storage, metricsApi],
  ...[networkPolicies, dns, apiServer, nodePorts, secrets],
  ...[admission, scheduling, pendingClaims, images, crashes, jobs],
  ...[autoscaling, health, collectors, consumers, targets, alertmanager, dataSources],
];
