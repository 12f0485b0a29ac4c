/** kafkajs sends single requests from here only (2.2.4, pinned): to see what a broker answers to each. */
declare module 'kafkajs/src/cluster/index.js' {
  export default class Cluster {
    constructor(options: Readonly<Record<string, unknown>>);
    connect(): Promise<void>;
    refreshMetadata(): Promise<void>;
    findBroker(broker: { readonly nodeId: string }): Promise<Broker>;
    disconnect(): Promise<void>;
  }

  /** Requests of the protocol by name; each rejects with the first error of the answer. */
  export type Broker = Readonly<
    Record<
      | 'alterConfigs'
      | 'createAcls'
      | 'createTopics'
      | 'deleteTopics'
      | 'describeConfigs'
      | 'fetch'
      | 'heartbeat'
      | 'listOffsets'
      | 'produce',
      (request: Readonly<Record<string, unknown>>) => Promise<unknown>
    >
  >;
}

declare module 'kafkajs/src/loggers/index.js' {
  export function createLogger(options: Readonly<Record<string, unknown>>): unknown;
}

declare module 'kafkajs/src/network/socketFactory.js' {
  export default function socketFactory(): unknown;
}
