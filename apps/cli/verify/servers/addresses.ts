import { environmentKeys, ports } from '@plumbline/contracts';
import { z } from 'zod';
import { VerifyError } from '../check';
import { expectedBuckets, expectedDataSources, expectedTopics } from '../expected';
import type { RenderedEnvironment, RenderedObject, RenderedWorkload } from '../rendered';
import { serverTitles, type ServerName } from './names';

const serviceSchema = z.object({
  spec: z.object({ clusterIP: z.string().optional(), ports: z.array(z.object({ port: z.number() })).default([]) }),
});

/**
 * Where a server is, as pods of the environment address it: a URL, of Kafka `host:port` with commas between several.
 *
 * @throws {VerifyError} if the manifests have no such server
 */
export function renderedAddress(rendered: RenderedEnvironment, name: ServerName): string {
  const address = find(rendered, name);
  if (address !== undefined) return address;
  throw new VerifyError(
    `${rendered.directory} does not say where ${serverTitles[name]} is`,
    `give its address by --${name}`,
  );
}

function find(rendered: RenderedEnvironment, name: ServerName): string | undefined {
  switch (name) {
    case 'kafka':
      return variable(expectedTopics(rendered).workload, environmentKeys.kafkaBrokers);
    case 's3':
      return variable(expectedBuckets(rendered).workload, environmentKeys.s3Endpoint);
    case 'tempo':
    case 'prometheus':
      return expectedDataSources(rendered).items.find(({ type }) => type === name)?.url;
    case 'grafana': {
      const { metadata } = expectedDataSources(rendered).workload;
      return serviceUrl(rendered, (service) => isCalled(service, metadata));
    }
    case 'ingestor':
      return serviceUrl(
        rendered,
        ({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] === 'collector',
        ports.otlpHttp,
      );
  }
}

/** URL of the first Service with a cluster address, and with this port where one is asked for. */
function serviceUrl(
  rendered: RenderedEnvironment,
  isMeant: (service: RenderedObject) => boolean,
  port?: number,
): string | undefined {
  for (const service of rendered.ofKind('Service').filter(isMeant)) {
    const { success, data } = serviceSchema.safeParse(service);
    if (!success || data.spec.clusterIP === 'None') continue;
    const found = data.spec.ports.find((each) => port === undefined || each.port === port)?.port;
    const { name, namespace = 'default' } = service.metadata;
    if (found !== undefined) return `http://${name}.${namespace}.svc.cluster.local:${found}`;
  }
  return undefined;
}

function isCalled({ metadata }: RenderedObject, { name, namespace }: RenderedWorkload['metadata']): boolean {
  return metadata.name === name && metadata.namespace === namespace;
}

/** A variable of the first container that is set to a value, not taken from a Secret. */
export function variable(workload: RenderedWorkload, name: string): string | undefined {
  return workload.spec.template.spec.containers[0]?.env.find((each) => each.name === name)?.value;
}

/** A Service of the cluster, as its name in the cluster's DNS says. */
export interface ServiceName {
  readonly service: string;
  readonly namespace: string;
}

/** The Service that a host name means, `undefined` for a host outside the cluster. */
export function serviceOf(host: string): ServiceName | undefined {
  const [service, namespace, svc] = host.split('.');
  return service !== undefined && namespace !== undefined && svc === 'svc' ? { service, namespace } : undefined;
}
