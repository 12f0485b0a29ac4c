/**
 * Attribute names of earlier semantic conventions and their present ones (opentelemetry.io/docs/specs/semconv, 1.38, and the
 * migration guides of HTTP, databases, messaging and RPC). Where a name depends on the side, there are two.
 */
const renamed: Readonly<Record<string, string | { readonly client: string; readonly server: string }>> = {
  'http.method': 'http.request.method',
  'http.status_code': 'http.response.status_code',
  'http.url': 'url.full',
  'http.scheme': 'url.scheme',
  'http.host': 'server.address',
  'http.server_name': 'server.address',
  'http.client_ip': 'client.address',
  'http.user_agent': 'user_agent.original',
  'http.flavor': 'network.protocol.version',
  'http.request_content_length': 'http.request.body.size',
  'http.response_content_length': 'http.response.body.size',
  'http.resend_count': 'http.request.resend_count',
  'net.peer.name': { client: 'server.address', server: 'client.address' },
  'net.peer.port': { client: 'server.port', server: 'client.port' },
  'net.peer.ip': 'network.peer.address',
  'net.host.name': { client: 'network.local.address', server: 'server.address' },
  'net.host.port': { client: 'network.local.port', server: 'server.port' },
  'net.host.ip': 'network.local.address',
  'net.sock.peer.addr': 'network.peer.address',
  'net.sock.peer.port': 'network.peer.port',
  'net.sock.host.addr': 'network.local.address',
  'net.sock.host.port': 'network.local.port',
  'net.transport': 'network.transport',
  'net.protocol.name': 'network.protocol.name',
  'net.protocol.version': 'network.protocol.version',
  'net.app.protocol.name': 'network.protocol.name',
  'net.app.protocol.version': 'network.protocol.version',
  'db.system': 'db.system.name',
  'db.name': 'db.namespace',
  'db.redis.database_index': 'db.namespace',
  'db.statement': 'db.query.text',
  'db.operation': 'db.operation.name',
  'db.sql.table': 'db.collection.name',
  'db.mongodb.collection': 'db.collection.name',
  'db.cassandra.table': 'db.collection.name',
  'messaging.destination': 'messaging.destination.name',
  'messaging.operation': 'messaging.operation.type',
  'messaging.message_id': 'messaging.message.id',
  'messaging.conversation_id': 'messaging.message.conversation_id',
  'messaging.message_payload_size_bytes': 'messaging.message.body.size',
  'messaging.message.payload_size_bytes': 'messaging.message.body.size',
  'messaging.kafka.consumer_group': 'messaging.consumer.group.name',
  'messaging.kafka.consumer.group': 'messaging.consumer.group.name',
  'messaging.kafka.partition': 'messaging.destination.partition.id',
  'messaging.kafka.destination.partition': 'messaging.destination.partition.id',
  'messaging.kafka.message.offset': 'messaging.kafka.offset',
  'messaging.rabbitmq.routing_key': 'messaging.rabbitmq.destination.routing_key',
  'rpc.system': 'rpc.system.name',
  'rpc.grpc.status_code': 'rpc.response.status_code',
  'error.kind': 'error.type',
  'enduser.id': 'user.id',
  'code.function': 'code.function.name',
  'code.filepath': 'code.file.path',
  'code.lineno': 'code.line.number',
  'code.column': 'code.column.number',
  'faas.execution': 'faas.invocation_id',
  'deployment.environment': 'deployment.environment.name',
};

/**
 * Attributes that are not kept as such: their content is elsewhere in a span. `http.response_time_ms` is its duration,
 * `error` its status, `http.target` is path and query.
 */
export const absorbed = { responseTime: 'http.response_time_ms', error: 'error', target: 'http.target' } as const;

/** Which side of a call a span is: what decides whose address `net.peer.name` is. */
export const sides = { client: 0, server: 1 } as const;

/** Name by today's conventions; what they do not know survives as it is. */
export function currentName(name: string, side: (typeof sides)[keyof typeof sides]): string {
  const to = Object.hasOwn(renamed, name) ? renamed[name] : undefined;
  if (to === undefined) return name;
  if (typeof to === 'string') return to;
  return side === sides.server ? to.server : to.client;
}

/** Names of gRPC's status codes by number, as `rpc.response.status_code` has them. */
export const grpcStatusNames = [
  'OK',
  'CANCELLED',
  'UNKNOWN',
  'INVALID_ARGUMENT',
  'DEADLINE_EXCEEDED',
  'NOT_FOUND',
  'ALREADY_EXISTS',
  'PERMISSION_DENIED',
  'RESOURCE_EXHAUSTED',
  'FAILED_PRECONDITION',
  'ABORTED',
  'OUT_OF_RANGE',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
  'UNAUTHENTICATED',
] as const;

/** Codes that are the server's own failure (semantic conventions of gRPC); a client fails with any but OK. */
export const grpcServerFailures: ReadonlySet<string> = new Set([
  'UNKNOWN',
  'DEADLINE_EXCEEDED',
  'UNIMPLEMENTED',
  'INTERNAL',
  'UNAVAILABLE',
  'DATA_LOSS',
]);
