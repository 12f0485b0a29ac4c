import type { DoctorCheck } from './check';
import { acceptance } from './checks/acceptance';
import { apiServer } from './checks/api-server';
import { autoscaling } from './checks/autoscaling';
import { collectors } from './checks/collectors';
import { configuration } from './checks/configuration';
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
import { recentData } from './checks/recent-data';
import { reloads } from './checks/reloads';
import { secrets } from './checks/secrets';
import { serviceAccounts } from './checks/service-accounts';
import { services } from './checks/services';
import { pendingClaims, storage } from './checks/storage';
import { usage } from './checks/usage';

/** Everything that is looked at, in the order in which one thing stands on another. */
export const registry: readonly DoctorCheck[] = [
  ...[node, freePorts, manifests],
  ...[connection, clock, versions, permissions, kinds],
  ...[namespaces, acceptance, nodes, storage, metricsApi],
  ...[networkPolicies, dns, apiServer, nodePorts, secrets, serviceAccounts],
  ...[admission, scheduling, pendingClaims, images, crashes, jobs, services, usage, configuration],
  ...[autoscaling, health, collectors, consumers, targets, reloads, alertmanager, dataSources, recentData],
];
