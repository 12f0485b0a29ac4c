import type { AlertCase } from '../core/alert-case.testing';

const pod = 'job="redpanda", instance="10.0.0.1:9644"';
const disk = (free: string) => ({
  [`redpanda_storage_disk_free_bytes{${pod}}`]: free,
  [`redpanda_storage_disk_total_bytes{${pod}}`]: '1000x40',
});
const lag = (values: string) => ({
  [`redpanda_kafka_consumer_group_lag_sum{${pod}, redpanda_group="preprocessing-group", redpanda_topic="traces"}`]:
    values,
});

const answering = (...brokers: readonly string[]) =>
  Object.fromEntries(
    brokers.map((values, ordinal) => [`up{job="redpanda", instance="10.0.0.${ordinal}:9644"}`, values]),
  );
const behind = (values: string) => ({
  [`redpanda_kafka_under_replicated_replicas{${pod}, redpanda_topic="traces", redpanda_partition="0"}`]: values,
});

const uploadErrors = (direction: 'tx' | 'rx', values: string) => ({
  [`redpanda_cloud_storage_errors_total{${pod}, redpanda_direction="${direction}"}`]: values,
});

export const redpandaAlertCases: readonly AlertCase[] = [
  {
    alert: 'RedpandaDown',
    fires: {},
    silent: { [`up{${pod}}`]: '1x40' },
    labels: { job: 'redpanda', severity: 'critical' },
  },
  {
    alert: 'RedpandaDiskFilling',
    fires: disk('140x40'),
    silent: disk('160x40'),
    labels: { job: 'redpanda', instance: '10.0.0.1:9644', severity: 'warning' },
  },
  {
    alert: 'RedpandaRefusesProducers',
    fires: { [`redpanda_storage_disk_free_space_alert{${pod}}`]: '0x10 2x30' },
    silent: { [`redpanda_storage_disk_free_space_alert{${pod}}`]: '0x40' },
    labels: { job: 'redpanda', instance: '10.0.0.1:9644', severity: 'critical' },
  },
  {
    alert: 'RedpandaPartitionsUnavailable',
    fires: { [`redpanda_cluster_unavailable_partitions{${pod}}`]: '3x40' },
    silent: { [`redpanda_cluster_unavailable_partitions{${pod}}`]: '3x3 0x40' },
    labels: { job: 'redpanda', severity: 'critical' },
  },
  {
    alert: 'RedpandaBrokersMissing',
    fires: answering('1x40', '1x40', '1x4 0x36'),
    // A restart of one after another.
    silent: answering('1x4 0x2 1x34', '1x7 0x2 1x31', '1x10 0x2 1x28'),
    labels: { job: 'redpanda', severity: 'warning' },
  },
  {
    alert: 'RedpandaReplicasBehind',
    fires: behind('2x40'),
    silent: behind('2x10 0x30'),
    labels: { redpanda_topic: 'traces', severity: 'warning' },
  },
  {
    alert: 'RedpandaUploadsFailing',
    fires: uploadErrors('tx', '0+3x40'),
    // Failed while the store was restarted, and since then only what was read.
    silent: { ...uploadErrors('tx', '0+3x5 15x34'), ...uploadErrors('rx', '0+3x40') },
    labels: { job: 'redpanda', severity: 'warning' },
  },
  {
    alert: 'ConsumerGroupBehind',
    fires: lag('2000+10x40'),
    // Behind, and catching up.
    silent: lag('9000-100x40'),
    labels: { redpanda_group: 'preprocessing-group', redpanda_topic: 'traces', severity: 'warning' },
  },
];
