/** Servers that are asked; each may be given an address by hand. */
export const serverNames = ['ingestor', 'tempo', 'grafana', 'prometheus', 'kafka', 's3'] as const;
export type ServerName = (typeof serverNames)[number];

/** Addresses given by hand: URLs, and of Kafka `host:port`, several with commas between them. */
export type GivenAddresses = Readonly<Partial<Record<ServerName, string>>>;

/** As messages name them. */
export const serverTitles: Readonly<Record<ServerName, string>> = {
  ingestor: 'the ingestor',
  tempo: 'Tempo',
  grafana: 'Grafana',
  prometheus: 'Prometheus',
  kafka: 'the broker',
  s3: 'the object store',
};
