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
    alert: 'ConsumerGroupBehind',
    fires: lag('2000+10x40'),
    // Behind, and catching up.
    silent: lag('9000-100x40'),
    labels: { redpanda_group: 'preprocessing-group', redpanda_topic: 'traces', severity: 'warning' },
  },
];
