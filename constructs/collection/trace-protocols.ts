import { ports } from '../contracts';
import { defined } from '../core/defined';
import { InvalidPropError } from '../core/errors';
import type { PortDescription } from '../core/server-description';
import { collectorServerTls, type ServerTls } from '../core/server-tls';

/** By which programs send traces that do not speak OTLP. */
export type TraceProtocol = 'jaeger-grpc' | 'jaeger-http' | 'jaeger-compact' | 'zipkin';

/**
 * Where each is taken. Thrift's compact encoding comes by UDP: what is lost on the way is lost, and nothing encrypts it.
 *
 * @see https://www.jaegertracing.io/docs/1.76/architecture/apis/
 */
export const traceProtocolPorts: Readonly<Record<TraceProtocol, PortDescription>> = {
  'jaeger-grpc': { port: ports.jaegerGrpc, tls: true },
  'jaeger-http': { port: ports.jaegerHttp, scheme: 'http', tls: true },
  'jaeger-compact': { port: ports.jaegerCompact, protocol: 'UDP' },
  zipkin: { port: ports.zipkin, scheme: 'http', tls: true },
};

/** What receivers call Jaeger's protocols. */
const jaegerNames = {
  'jaeger-grpc': 'grpc',
  'jaeger-http': 'thrift_http',
  'jaeger-compact': 'thrift_compact',
} as const;

/** @throws {InvalidPropError} if one cannot be encrypted where servers of the platform are */
export function checkTraceProtocols(
  prop: string,
  protocols: readonly TraceProtocol[],
  tls: ServerTls | undefined,
): void {
  if (tls !== undefined && protocols.includes('jaeger-compact'))
    throw new InvalidPropError(prop, 'jaeger-compact', 'of TCP: UDP is not encrypted');
}

/** Receivers of the collector for these protocols, by their ids. */
export function traceReceivers(
  protocols: readonly TraceProtocol[],
  tls: ServerTls | undefined,
): Readonly<Record<string, object>> {
  const receiver = (protocol: TraceProtocol): object => {
    const { port, tls: encrypted = false } = traceProtocolPorts[protocol];
    return {
      endpoint: `0.0.0.0:${port}`,
      ...defined({
        tls: encrypted && tls !== undefined ? collectorServerTls(tls) : undefined,
      }),
    };
  };
  const jaeger = Object.entries(jaegerNames)
    .filter(([protocol]) => protocols.some((each) => each === protocol))
    .map(([protocol, name]) => [name, receiver(protocol as keyof typeof jaegerNames)]);
  return {
    ...(jaeger.length > 0 && { jaeger: { protocols: Object.fromEntries(jaeger) as object } }),
    ...(protocols.includes('zipkin') && { zipkin: receiver('zipkin') }),
  };
}
