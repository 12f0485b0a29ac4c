import type { Signal } from './signal';

/**
 * Attributes of earlier semantic conventions and what took their place.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/non-normative/http-migration/
 * @see https://opentelemetry.io/docs/specs/semconv/non-normative/db-migration/
 */
const renamedSpanAttributes: readonly (readonly [old: string, current: string])[] = [
  ['http.method', 'http.request.method'],
  ['http.status_code', 'http.response.status_code'],
  ['http.scheme', 'url.scheme'],
  ['http.client_ip', 'client.address'],
  ['http.user_agent', 'user_agent.original'],
  ['http.flavor', 'network.protocol.version'],
  ['http.request_content_length', 'http.request.body.size'],
  ['http.response_content_length', 'http.response.body.size'],
  ['http.host', 'server.address'],
  ['http.server_name', 'server.address'],
  ['net.host.name', 'server.address'],
  ['net.host.port', 'server.port'],
  ['net.transport', 'network.transport'],
  ['net.sock.peer.addr', 'network.peer.address'],
  ['net.sock.peer.port', 'network.peer.port'],
  ['net.peer.ip', 'network.peer.address'],
  ['db.system', 'db.system.name'],
  ['db.name', 'db.namespace'],
  ['db.statement', 'db.query.text'],
  ['db.operation', 'db.operation.name'],
  ['db.sql.table', 'db.collection.name'],
  ['db.mongodb.collection', 'db.collection.name'],
  ['db.cassandra.table', 'db.collection.name'],
  ['messaging.destination', 'messaging.destination.name'],
  ['messaging.operation', 'messaging.operation.type'],
  ['messaging.message_id', 'messaging.message.id'],
  ['messaging.kafka.consumer_group', 'messaging.consumer.group.name'],
  ['messaging.kafka.partition', 'messaging.destination.partition.id'],
  ['enduser.id', 'user.id'],
];

const renamedResourceAttributes: readonly (readonly [old: string, current: string])[] = [
  ['deployment.environment', 'deployment.environment.name'],
];

/** Statements that are for one kind of thing. */
interface NormalizationGroup {
  readonly context: string;
  readonly statements: string[];
}

/**
 * Statements of the transform processor that bring resources and spans of earlier conventions to the current ones. A current
 * attribute that is there already wins; attributes of nobody's convention are left alone, as are those of log records and
 * metrics: they are what people's queries name.
 *
 * @see https://github.com/open-telemetry/opentelemetry-collector-contrib/tree/main/pkg/ottl
 */
export function normalizationStatements(signal: Signal = 'traces'): readonly NormalizationGroup[] {
  const resources = renamedResourceAttributes.flatMap(([old, now]) => rename('resource', old, now));
  if (signal === 'logs') return [{ context: 'resource', statements: resources }];
  if (signal === 'metrics') return [{ context: 'resource', statements: [...resources, ...instance()] }];
  return [
    { context: 'resource', statements: resources },
    {
      context: 'span',
      statements: [
        ...renamedSpanAttributes.flatMap(([old, now]) => rename('span', old, now)),
        ...peerAddress(),
        ...urls(),
        ...outcome(),
        ...duration(),
      ],
    },
  ];
}

function rename(scope: string, old: string, now: string, condition = ''): string[] {
  const [from, to] = [`${scope}.attributes["${old}"]`, `${scope}.attributes["${now}"]`];
  return [
    `set(${to}, ${from}) where ${to} == nil and ${from} != nil${condition}`,
    `delete_key(${scope}.attributes, "${old}") where ${from} != nil${condition}`,
  ];
}

/** Without one, series of all pods of a service would be one: Prometheus makes its `instance` of it. */
function instance(): string[] {
  const [own, pod] = ['resource.attributes["service.instance.id"]', 'resource.attributes["k8s.pod.name"]'];
  return [`set(${own}, ${pod}) where ${own} == nil and ${pod} != nil`];
}

/** Of a client's span the peer is the server; of a server's span it is the client. */
function peerAddress(): string[] {
  const served = ' and span.kind == SPAN_KIND_SERVER';
  const calling = ' and span.kind != SPAN_KIND_SERVER';
  return [
    ...rename('span', 'net.peer.name', 'client.address', served),
    ...rename('span', 'net.peer.port', 'client.port', served),
    ...rename('span', 'net.peer.name', 'server.address', calling),
    ...rename('span', 'net.peer.port', 'server.port', calling),
  ];
}

/** `http.url` was used for whole URLs and for paths, `http.target` for the path with its query. */
function urls(): string[] {
  const url = 'span.attributes["http.url"]';
  const isPath = ` and IsMatch(${url}, "^/")`;
  return [
    ...rename('span', 'http.url', 'url.path', isPath),
    ...rename('span', 'http.url', 'url.full'),
    ...rename('span', 'http.target', 'url.path'),
    'set(span.attributes["url.query"], span.attributes["url.path"]) where span.attributes["url.query"] == nil and ' +
      'IsMatch(span.attributes["url.path"], "[?]")',
    'replace_pattern(span.attributes["url.query"], "^[^?]*[?]", "")',
    'replace_pattern(span.attributes["url.path"], "[?].*", "")',
  ];
}

/** Before spans had a status, a failed one was marked by an attribute. */
function outcome(): string[] {
  const failed = '(span.attributes["error"] == true or span.attributes["error"] == "true")';
  return [
    `set(span.status.code, STATUS_CODE_ERROR) where span.status.code == STATUS_CODE_UNSET and ${failed}`,
    `delete_key(span.attributes, "error") where ${failed}`,
    'set(span.attributes["error.type"], span.attributes["exception.type"]) where span.attributes["error.type"] == nil ' +
      'and span.attributes["exception.type"] != nil',
  ];
}

/** A response time of a span without an end is its duration. */
function duration(): string[] {
  const milliseconds = 'span.attributes["http.response_time_ms"]';
  return [
    `set(span.end_time_unix_nano, span.start_time_unix_nano + Int(Double(${milliseconds}) * 1000000.0)) where ` +
      `${milliseconds} != nil and span.end_time_unix_nano <= span.start_time_unix_nano`,
    `delete_key(span.attributes, "http.response_time_ms") where ${milliseconds} != nil`,
  ];
}
