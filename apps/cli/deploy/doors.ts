import { ports } from '@plumbline/contracts';
import { z } from 'zod';
import { VerifyError } from '../verify/check';
import type { RenderedEnvironment } from '../verify/rendered';
import { renderedAddress, serviceOf } from '../verify/servers/addresses';
import type { ServerName } from '../verify/servers/names';

/** Something of an environment to look at from this machine. */
export interface Door {
  readonly title: string;
  readonly scheme: 'http' | 'https';
  readonly namespace: string;
  readonly service: string;
  readonly port: number;
  /** Port on this machine, where it is free. */
  readonly preferred: number;
}

const servers: readonly (Pick<Door, 'title' | 'preferred'> & { readonly name: ServerName })[] = [
  { name: 'grafana', title: 'Grafana', preferred: 3000 },
  { name: 'prometheus', title: 'Prometheus', preferred: 9090 },
  { name: 'tempo', title: 'Tempo', preferred: 3200 },
  { name: 'ingestor', title: 'Traces (OTLP over HTTP)', preferred: ports.otlpHttp },
];
const pageServiceSchema = z.object({ spec: z.object({ ports: z.array(z.object({ port: z.number() })).min(1) }) });
/** As Grafana reads it. */
const passwordVariable = 'GF_SECURITY_ADMIN_PASSWORD';
/** Port of the page on this machine, as `plumbline standalone` has it. */
const pagePort = 8080;

/** What of an environment can be looked at: of Grafana, the page of incidents, Prometheus, Tempo and the ingestor what it has. */
export function doorsOf(rendered: RenderedEnvironment): readonly Door[] {
  const found = servers.flatMap(({ name, title, preferred }) => {
    const url = addressOf(rendered, name);
    const service = url && serviceOf(url.hostname);
    if (url === undefined || service === undefined) return [];
    const scheme = url.protocol === 'https:' ? ('https' as const) : ('http' as const);
    const port = Number(url.port === '' ? (scheme === 'https' ? 443 : 80) : url.port);
    return [{ title, scheme, ...service, port, preferred }];
  });
  const page = pageOf(rendered);
  return page === undefined ? found : [...found.slice(0, 1), page, ...found.slice(1)];
}

function addressOf(rendered: RenderedEnvironment, name: ServerName): URL | undefined {
  try {
    return new URL(renderedAddress(rendered, name));
  } catch (error) {
    if (error instanceof VerifyError) return undefined;
    throw error;
  }
}

/** The Service of the worker that shows incidents. */
function pageOf(rendered: RenderedEnvironment): Door | undefined {
  const worker = rendered.withArgs('run', 'console');
  if (worker === undefined) return undefined;
  const { name, namespace } = worker.metadata;
  const service = rendered
    .ofKind('Service')
    .find(({ metadata }) => metadata.name === name && (metadata.namespace ?? 'default') === namespace);
  const { success, data } = pageServiceSchema.safeParse(service);
  const port = success ? data.spec.ports[0]?.port : undefined;
  if (port === undefined) return undefined;
  return { title: 'Incidents', scheme: 'http', namespace, service: name, port, preferred: pagePort };
}

/**
 * The command that prints the password of Grafana's administrator, `undefined` where none is rendered.
 *
 * @param context of the kubeconfig
 */
export function passwordCommand(rendered: RenderedEnvironment, context: string): string | undefined {
  for (const { metadata, spec } of rendered.workloads) {
    const variable = spec.template.spec.containers
      .flatMap(({ env }) => env)
      .find(({ name }) => name === passwordVariable);
    const secret = variable?.valueFrom?.secretKeyRef;
    if (secret === undefined) continue;
    const path = `{.data.${secret.key.replaceAll('.', '\\.')}}`;
    return `kubectl --context ${context} -n ${metadata.namespace} get secret ${secret.name} -o jsonpath='${path}' | base64 -d`;
  }
  return undefined;
}
