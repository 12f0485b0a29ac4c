import { ScaledObject, TriggerAuthentication } from '../../imports/keda.sh';
import { slowScaleDown } from './autoscaler';
import type { ClientTls, UserCredentials } from './connection';
import type { IEnvSource } from './env-source';
import { InvalidPropError } from './errors';
import { Platform } from './platform';
import type { ConsumeAccess } from './topic';
import type { Workload } from './workload';

/** Records that wait for a consumer group. */
export interface Lag {
  /** What was granted with the right to consume: it says topic, group, and how to ask. */
  readonly of: ConsumeAccess;
  /**
   * Records that may wait for each pod. A worker commits what it no longer needs, so what it holds open counts: at least as much as a
   * pod is given in a minute.
   */
  readonly perPod: number;
}

/** How many pods there are, by what waits for them. */
export interface LagScaling {
  /** From 1: who is away does not see that time passes. */
  readonly min: number;
  /** At most as many as the topic has partitions. */
  readonly max: number;
  readonly by: Lag;
}

/**
 * A ScaledObject of KEDA, which has to be in the cluster, and what it needs to ask the broker: credentials of the workload by
 * reference, and a way in.
 *
 * @see https://keda.sh/docs/latest/scalers/apache-kafka/
 * @throws {InvalidPropError} if there would be pods that no partition is left for, or the bounds are not in order
 */
export function scaleByLag(deployment: Workload, { min, max, by }: LagScaling): void {
  const { topic, group, brokers, tls, credentials } = by.of;
  const prop = `${deployment.node.path}.autoscaling`;
  if (!Number.isInteger(min) || min < 1 || !Number.isInteger(max) || max < min)
    throw new InvalidPropError(prop, { min, max }, 'a range from 1 up');
  if (max > topic.partitions) {
    const expected = `at most ${topic.partitions}, the partitions of the topic ${topic.name}: each has one reader`;
    throw new InvalidPropError(`${prop}.max`, max, expected);
  }
  if (!Number.isInteger(by.perPod) || by.perPod < 1)
    throw new InvalidPropError(`${prop}.by.perPod`, by.perPod, 'a count of at least 1');
  topic.acceptFrom(Platform.of(deployment).cluster.lagReaders, 'KEDA, which asks for the lag of consumers');

  const { name } = deployment;
  const metadata = { name, labels: { ...deployment.labels } };
  const secrets = secretTargets(prop, credentials, tls);
  if (secrets.length > 0)
    new TriggerAuthentication(deployment, 'lag-credentials', { metadata, spec: { secretTargetRef: secrets } });
  new ScaledObject(deployment, 'lag-autoscaler', {
    metadata,
    spec: {
      scaleTargetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name },
      minReplicaCount: min,
      maxReplicaCount: max,
      advanced: { horizontalPodAutoscalerConfig: { behavior: slowScaleDown } },
      triggers: [
        {
          type: 'kafka',
          metadata: {
            bootstrapServers: brokers.join(','),
            consumerGroup: group,
            topic: topic.name,
            lagThreshold: String(by.perPod),
            // Our consumers begin there, too, when their group has committed nothing.
            offsetResetPolicy: 'earliest',
            ...(tls !== undefined && { tls: 'enable' }),
            ...(credentials !== undefined && { sasl: 'scram_sha256' }),
          },
          ...(secrets.length > 0 && { authenticationRef: { name } }),
        },
      ],
    },
  });
}

/** Parameters of the trigger, and the keys of Secrets that hold them. */
function secretTargets(
  prop: string,
  credentials: UserCredentials | undefined,
  tls: ClientTls | undefined,
): { parameter: string; name: string; key: string }[] {
  if (tls?.serverName !== undefined)
    throw new InvalidPropError(
      `${prop}.tls.serverName`,
      tls.serverName,
      'the name of the host, by which KEDA knows it',
    );
  const { ca, certificate } = tls?.secrets ?? {};
  const reference = (parameter: string, source: IEnvSource) => {
    const { secretKeyRef } = source.toEnvVarSource();
    if (secretKeyRef?.name === undefined)
      throw new InvalidPropError(
        `${prop}.${parameter}`,
        source.toEnvVarSource(),
        'a key of a Secret, which KEDA reads',
      );
    return { parameter, name: secretKeyRef.name, key: secretKeyRef.key };
  };
  return [
    ...(credentials === undefined
      ? []
      : [reference('username', credentials.username), reference('password', credentials.password)]),
    ...(ca === undefined ? [] : [{ parameter: 'ca', name: ca, key: 'ca.crt' }]),
    ...(certificate === undefined
      ? []
      : [
          { parameter: 'cert', name: certificate, key: 'tls.crt' },
          { parameter: 'key', name: certificate, key: 'tls.key' },
        ]),
  ];
}
