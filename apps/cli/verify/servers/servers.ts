import { environmentKeys, ports } from '@plumbline/contracts';
import type { Environment } from '@plumbline/worker';
import { VerifyError } from '../check';
import type { Cluster } from '../cluster/cluster';
import { podsBehind } from '../cluster/pods';
import type { RenderedEnvironment, RenderedWorkload } from '../rendered';
import { renderedAddress, serviceOf, variable } from './addresses';
import { directKafka, forwardedKafka, type KafkaServer } from './kafka';
import { serverTitles, type GivenAddresses, type ServerName } from './names';

/** Where the servers are: as given by hand, else through ports forwarded from the cluster. */
export class Servers {
  private readonly urls = new Map<ServerName, Promise<string>>();
  private brokers: Promise<KafkaServer> | undefined;

  /** @param environment of this process: credentials for what is addressed by hand, as workers read them */
  constructor(
    private readonly given: GivenAddresses,
    private readonly rendered: RenderedEnvironment,
    private readonly cluster: Cluster | undefined,
    private readonly environment: Environment,
  ) {}

  /**
   * URL of a server, without a slash at its end.
   *
   * @throws {VerifyError} if there is no way to it
   */
  url(name: Exclude<ServerName, 'kafka'>): Promise<string> {
    const known = this.urls.get(name) ?? this.find(name);
    this.urls.set(name, known);
    return known;
  }

  /**
   * The broker.
   *
   * @throws {VerifyError} if there is no way to it
   */
  kafka(): Promise<KafkaServer> {
    this.brokers ??= this.findKafka();
    return this.brokers;
  }

  /**
   * A variable of a rendered workload: as rendered, or from the Secret that is rendered. The variable of this process comes first where
   * the address of its server is given by hand, and is the only one where no cluster is looked at.
   *
   * @returns `undefined` if the workload has none of that name
   * @throws {VerifyError} if its Secret cannot be read
   */
  async variable(server: ServerName, workload: RenderedWorkload, name: string): Promise<string | undefined> {
    const isByHand = this.given[server] !== undefined || this.cluster === undefined;
    const own = isByHand ? this.environment[name] : undefined;
    if (own !== undefined && own !== '') return own;
    const rendered = workload.spec.template.spec.containers[0]?.env.find((each) => each.name === name);
    const secret = rendered?.valueFrom?.secretKeyRef;
    if (secret === undefined) return rendered?.value;
    if (this.cluster === undefined) {
      throw new VerifyError(
        `${name} is in Secret ${secret.name} of a cluster, and no cluster is looked at`,
        `set the variable ${name}, or name a kubeconfig by --kubeconfig`,
      );
    }
    return (await this.cluster.api.secret(workload.metadata.namespace, secret.name))[secret.key];
  }

  private async find(name: Exclude<ServerName, 'kafka'>): Promise<string> {
    const given = this.given[name];
    if (given !== undefined) return given.replace(/\/+$/, '');
    const url = new URL(renderedAddress(this.rendered, name));
    const service = serviceOf(url.hostname);
    if (service === undefined) return url.href.replace(/\/+$/, '');
    const cluster = this.clusterFor(name);
    const port = Number(url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : url.port);
    const [pod] = await podsBehind(cluster.api, service.namespace, service.service, port);
    const local = await cluster.forward(service.namespace, pod.pod, pod.port);
    return `${url.protocol}//127.0.0.1:${local}${url.pathname.replace(/\/+$/, '')}`;
  }

  private async findKafka(): Promise<KafkaServer> {
    const given = this.given.kafka;
    if (given !== undefined) return directKafka({ ...this.environment, [environmentKeys.kafkaBrokers]: given });
    const brokers = renderedAddress(this.rendered, 'kafka');
    const [host = '', port = ports.kafka] = (brokers.split(',')[0] ?? '').split(':');
    const service = serviceOf(host);
    if (service === undefined) return directKafka({ ...this.environment, [environmentKeys.kafkaBrokers]: brokers });
    const isGuarded = this.rendered.workloads.some(
      (workload) => variable(workload, environmentKeys.kafkaCaFile) !== undefined,
    );
    if (isGuarded) {
      throw new VerifyError(
        'the broker asks for TLS, which does not pass through a forwarded port',
        `give its address by --kafka and set ${environmentKeys.kafkaCaFile}, ${environmentKeys.kafkaUsername} and ${environmentKeys.kafkaPassword}`,
      );
    }
    const cluster = this.clusterFor('kafka');
    const pods = await podsBehind(cluster.api, service.namespace, service.service, Number(port));
    const locals = await Promise.all(
      pods.map(
        async ({ pod, port: podPort }) => [pod, await cluster.forward(service.namespace, pod, podPort)] as const,
      ),
    );
    return forwardedKafka(brokers, new Map(locals));
  }

  private clusterFor(name: ServerName): Cluster {
    if (this.cluster !== undefined) return this.cluster;
    throw new VerifyError(
      `there is no way to ${serverTitles[name]}: no cluster is looked at, and no address is given`,
      `give its address by --${name}, or name a kubeconfig by --kubeconfig`,
    );
  }
}
