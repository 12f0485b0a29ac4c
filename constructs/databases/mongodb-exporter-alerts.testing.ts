import type { AlertCase, TestSeries } from '../core/alert-case.testing';

const at = 'job="mongodb-exporter", instance="10.0.0.7:9216"';
const labels = { job: 'mongodb-exporter', instance: '10.0.0.7:9216', severity: 'warning' };

const connections = (current: number): TestSeries => ({
  [`mongodb_ss_connections{${at}, conn_type="current"}`]: `${current}x60`,
  [`mongodb_ss_connections{${at}, conn_type="available"}`]: `${100 - current}x60`,
});
/** Milliseconds since 1970. */
const written = (behind: number): TestSeries => ({
  [`mongodb_rs_members_optimeDate{${at}, member_idx="a:27017", member_state="PRIMARY"}`]: '1000000+60000x60',
  [`mongodb_rs_members_optimeDate{${at}, member_idx="b:27017", member_state="SECONDARY"}`]: `${1_000_000 - behind * 1000}+60000x60`,
});
const waiting = (readers: number): TestSeries => ({
  [`mongodb_ss_globalLock_currentQueue{${at}, count_type="readers"}`]: `${readers}x60`,
  [`mongodb_ss_globalLock_currentQueue{${at}, count_type="writers"}`]: '0x60',
  [`mongodb_ss_globalLock_currentQueue{${at}, count_type="total"}`]: `${readers}x60`,
});

export const mongodbExporterAlertCases: readonly AlertCase[] = [
  {
    alert: 'MongodbExporterDown',
    fires: { [`up{${at}}`]: '0x60' },
    silent: { [`up{${at}}`]: '1x60' },
    labels: { job: 'mongodb-exporter', severity: 'critical' },
  },
  {
    alert: 'MongodbUnreachable',
    fires: { [`mongodb_up{${at}, cluster_role=""}`]: '0x60' },
    silent: { [`mongodb_up{${at}, cluster_role="mongod"}`]: '1x60' },
    labels: { ...labels, severity: 'critical' },
  },
  { alert: 'MongodbConnectionsNearMaximum', fires: connections(85), silent: connections(75), labels },
  {
    alert: 'MongodbReplicaBehind',
    fires: written(45),
    silent: written(5),
    labels: { ...labels, member_idx: 'b:27017' },
  },
  { alert: 'MongodbQueueLong', fires: waiting(60), silent: waiting(40), labels },
];
