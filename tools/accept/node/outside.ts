import { S3Client } from '@aws-sdk/client-s3';
import { freePort, startKafka, startS3, type KafkaPeer } from '../../peers';
import type { NodeCluster } from './cluster';
import { forward } from './forward';
import { addresses } from './network';

/** What pods call the broker; it calls itself so towards them. */
const brokerName = 'redpanda.redpanda.svc.cluster.local:9092';

/** Kafka and an object store on this machine, outside of the cluster. */
export interface Outside {
  readonly kafka: KafkaPeer;
  /** Of the root account. */
  readonly objects: S3Client;
  stop(): Promise<void>;
}

/** Kafka on this machine, which pods reach as they reach the broker of the cluster. */
export async function startKafkaOutside(): Promise<KafkaPeer> {
  const [clientPort, podPort, controllerPort] = [await freePort(), await freePort(), await freePort()];
  const listeners = { CLIENT: clientPort, PODS: podPort, CONTROLLER: controllerPort };
  const kafka = await startKafka({
    heapMegabytes: 384,
    properties: {
      listeners: Object.entries(listeners)
        .map(([name, port]) => `${name}://127.0.0.1:${port}`)
        .join(','),
      'controller.quorum.voters': `0@127.0.0.1:${controllerPort}`,
      'advertised.listeners': `CLIENT://127.0.0.1:${clientPort},PODS://${brokerName}`,
      'listener.security.protocol.map': 'CLIENT:PLAINTEXT,PODS:PLAINTEXT,CONTROLLER:PLAINTEXT',
    },
  });
  const door = await forward(addresses.outside, 9092, `127.0.0.1:${podPort}`);
  const brokers = [`127.0.0.1:${clientPort}`];
  return {
    ...kafka,
    brokers,
    clientConfig: () => ({ brokers }),
    stop: async () => {
      await door.close();
      await kafka.stop();
    },
  };
}

/** Starts both, the store with the root account that the Job of credentials made, and opens the ways to them. */
export async function startOutside(cluster: NodeCluster): Promise<Outside> {
  const secret = async (key: string) => {
    const args = ['get', 'secret', 'objects-root', '--namespace=plumbline', `--output=jsonpath={.data.${key}}`];
    return Buffer.from((await cluster.kubectl(args)).stdout, 'base64').toString('utf8');
  };
  const credentials = { accessKeyId: await secret('accessKeyId'), secretAccessKey: await secret('secretAccessKey') };
  const [kafka, s3] = await Promise.all([startKafkaOutside(), startS3({ credentials })]);
  const doors = await Promise.all([
    forward(addresses.outside, 7070, new URL(s3.endpoint).host),
    forward(addresses.outside, 7071, new URL(s3.adminEndpoint).host),
  ]);
  const objects = new S3Client({ endpoint: s3.endpoint, region: s3.region, credentials, forcePathStyle: true });
  return {
    kafka,
    objects,
    stop: async () => {
      objects.destroy();
      await Promise.all(doors.map((door) => door.close()));
      await Promise.all([kafka.stop(), s3.stop()]);
    },
  };
}
