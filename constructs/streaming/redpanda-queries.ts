/* What alerts and the dashboard of a Redpanda ask alike. */

/** Records that consumer groups have not read, by group and topic. @param of matchers of its series */
export function consumerLag(of: string): string {
  return `sum by (redpanda_group, redpanda_topic) (redpanda_kafka_consumer_group_lag_sum{${of}})`;
}

/** Share of each broker's disk that is free. @param of matchers of its series */
export function freeDisk(of: string): string {
  return `redpanda_storage_disk_free_bytes{${of}} / redpanda_storage_disk_total_bytes{${of}}`;
}

/** Replicas without the newest records of their leader, by topic. @param of matchers of its series */
export function replicasBehind(of: string): string {
  return `sum by (redpanda_topic) (redpanda_kafka_under_replicated_replicas{${of}})`;
}

/** Brokers that answer. @param of matchers of its series */
export function brokersThatAnswer(of: string): string {
  return `sum by (job) (up{${of}})`;
}

/** Partitions without a leader. @param of matchers of its series */
export function unavailablePartitions(of: string): string {
  return `max by (job) (redpanda_cluster_unavailable_partitions{${of}})`;
}

/** Requests a second that brokers put something into their bucket by, and that failed. @param of matchers of its series */
export function failedUploads(of: string): string {
  return `sum by (job) (rate(redpanda_cloud_storage_errors_total{${of}, redpanda_direction="tx"}[5m]))`;
}
