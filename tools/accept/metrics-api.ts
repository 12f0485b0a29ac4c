import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { CertificateAuthority, dataDirectory, freePorts, type ApiServerPeer } from '../peers';

/** What every pod of an application uses, of one container. */
export interface Usage {
  /** Thousandths of a core. */
  readonly cpuMillis: number;
  readonly memoryMebibytes: number;
}

const group = 'metrics.k8s.io';
const version = 'v1beta1';

/**
 * The resource metrics API, of which the usage is said by the test: simulated nodes run nothing that could be measured. It stands where
 * metrics-server does, behind the aggregation of the API server, and answers for the pods that there are.
 */
export class MetricsApi {
  private usage: Usage = { cpuMillis: 0, memoryMebibytes: 0 };

  private constructor(
    private readonly server: Server,
    private readonly api: ApiServerPeer,
    private readonly container: string,
  ) {}

  /** @param container of the pods that are measured */
  static async start(api: ApiServerPeer, container: string): Promise<MetricsApi> {
    const authority = await CertificateAuthority.create(await dataDirectory('metrics-api'));
    const { certificateFile, keyFile } = await authority.issue('metrics', '/CN=metrics', ['DNS:localhost']);
    const [port = 0] = await freePorts(1);
    const server = createServer({ cert: readFileSync(certificateFile), key: readFileSync(keyFile) });
    const made = new MetricsApi(server, api, container);
    server.on('request', (request, response) => {
      made.answer(request.url ?? '').then(
        (body) => {
          response.writeHead(body === undefined ? 404 : 200, { 'content-type': 'application/json' });
          response.end(JSON.stringify(body ?? {}));
        },
        () => response.writeHead(500).end(),
      );
    });
    server.listen(port, '127.0.0.1');
    await once(server, 'listening');
    await made.register(port);
    return made;
  }

  /** What is used from now on. */
  set(usage: Usage): void {
    this.usage = usage;
  }

  stop(): void {
    this.server.closeAllConnections();
    this.server.close();
  }

  private async register(port: number): Promise<void> {
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'metrics-api', namespace: 'kube-system' },
      spec: { type: 'ExternalName', externalName: 'localhost', ports: [{ port }] },
    };
    const registration = {
      apiVersion: 'apiregistration.k8s.io/v1',
      kind: 'APIService',
      metadata: { name: `${version}.${group}` },
      spec: {
        group,
        version,
        groupPriorityMinimum: 100,
        versionPriority: 100,
        insecureSkipTLSVerify: true,
        service: { name: service.metadata.name, namespace: service.metadata.namespace, port },
      },
    };
    const items = [service, registration];
    await this.api.kubectl(['apply', '-f', '-'], JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
    await this.api.kubectl([
      'wait',
      `apiservice/${registration.metadata.name}`,
      '--for=condition=Available',
      '--timeout=60s',
    ]);
  }

  private async answer(url: string): Promise<object | undefined> {
    const { pathname, searchParams } = new URL(url, 'https://localhost');
    const root = `/apis/${group}/${version}`;
    if (pathname === root)
      return {
        kind: 'APIResourceList',
        apiVersion: 'v1',
        groupVersion: `${group}/${version}`,
        resources: [podMetrics],
      };
    const [, namespace] = /\/namespaces\/([\w-]+)\/pods$/.exec(pathname) ?? [];
    if (namespace === undefined) return undefined;
    const selector = searchParams.get('labelSelector') ?? '';
    const { stdout } = await this.api.kubectl([
      'get',
      'pods',
      `--namespace=${namespace}`,
      `--selector=${selector}`,
      '--output=json',
    ]);
    const { items } = JSON.parse(stdout) as {
      readonly items: readonly { readonly metadata: { readonly name: string } }[];
    };
    return {
      kind: 'PodMetricsList',
      apiVersion: `${group}/${version}`,
      metadata: {},
      items: items.map(({ metadata: { name } }) => ({ metadata: { name, namespace }, ...this.measured() })),
    };
  }

  private measured(): object {
    const { cpuMillis, memoryMebibytes } = this.usage;
    return {
      timestamp: new Date().toISOString(),
      window: '1s',
      containers: [{ name: this.container, usage: { cpu: `${cpuMillis}m`, memory: `${memoryMebibytes}Mi` } }],
    };
  }
}

const podMetrics = { name: 'pods', singularName: '', namespaced: true, kind: 'PodMetrics', verbs: ['get', 'list'] };
