import type { Random } from './random';
import { spanKinds, type AttributeValue, type Peer, type Service, type SpanTemplate } from './system';

type Attributes = Readonly<Record<string, AttributeValue>>;

/** Attributes as OpenTelemetry's semantic conventions name them; an outcome each in the order of `outcomes`. */
function byOutcome(
  common: Attributes,
  ok: Attributes,
  failed: Attributes,
  wrong: Attributes,
  timeout: Attributes,
): Attributes[] {
  return [ok, failed, wrong, timeout].map((own) => ({ ...common, ...own }));
}

export function serverTemplate(index: number, service: Service, operation: string): SpanTemplate {
  const route = routeOf(operation);
  return {
    index,
    service: service.index,
    name: `GET ${route}`,
    kind: spanKinds.server,
    attributes: byOutcome(
      { 'http.request.method': 'GET', 'http.route': route, 'url.scheme': 'http' },
      { 'http.response.status_code': 200 },
      { 'http.response.status_code': 500, 'error.type': '500' },
      // The answer is there, but empty.
      { 'http.response.status_code': 204 },
      { 'http.response.status_code': 503, 'error.type': '503' },
    ),
  };
}

export function clientTemplate(index: number, service: Service, callee: Service, operation: string): SpanTemplate {
  return {
    index,
    service: service.index,
    name: 'GET',
    kind: spanKinds.client,
    attributes: byOutcome(
      {
        'http.request.method': 'GET',
        'server.address': callee.name,
        'url.full': `http://${callee.name}:8080${routeOf(operation)}`,
      },
      { 'http.response.status_code': 200 },
      { 'http.response.status_code': 500, 'error.type': '500' },
      { 'http.response.status_code': 204 },
      { 'error.type': 'timeout' },
    ),
  };
}

export function peerTemplate(index: number, service: Service, peer: Peer, random: Random): SpanTemplate {
  const verb =
    peer.system === 'redis' ? random.pick(['GET', 'HGETALL']) : random.pick(['SELECT', 'SELECT', 'UPDATE', 'INSERT']);
  const table = `${service.name.split('-')[0] ?? service.name}_${random.pick(['items', 'rows', 'state'])}`;
  const failure = { 'error.type': 'timeout' };
  return {
    index,
    service: service.index,
    name: peer.system === 'redis' ? verb : `${verb} ${table}`,
    kind: spanKinds.client,
    attributes: byOutcome(
      { 'db.system': peer.system, 'server.address': peer.address, 'db.operation.name': verb },
      {},
      failure,
      {},
      failure,
    ),
  };
}

export function internalTemplate(index: number, service: Service, name: string): SpanTemplate {
  return { index, service: service.index, name, kind: spanKinds.internal, attributes: [{}, {}, {}, {}] };
}

function routeOf(operation: string): string {
  return `/${operation.replaceAll(' ', '/')}`;
}
