/* Log lines as services write them, in OTLP. */

const services = ['gateway', 'catalog', 'inventory', 'cart', 'checkout', 'payment', 'shipping', 'recommendation'];
const lines: readonly ((random: () => number) => string)[] = [
  (random) =>
    `{"level":"info","msg":"request completed","method":"GET","path":"/products/${whole(random, 10_000)}","status":200,"duration_ms":${whole(random, 400)},"bytes":${whole(random, 90_000)},"client":"10.${whole(random, 255)}.${whole(random, 255)}.${whole(random, 255)}"}`,
  (random) =>
    `10.1.${whole(random, 255)}.${whole(random, 255)} - - "POST /cart/${hex(random, 8)}/items HTTP/1.1" 201 ${whole(random, 4_000)} "-" "Mozilla/5.0 (X11; Linux x86_64)" ${whole(random, 900)}`,
  (random) =>
    `order ${hex(random, 12)} of customer ${whole(random, 1_000_000)} was charged ${whole(random, 50_000)} cents`,
  (random) =>
    `WARN HikariPool-1 - Connection ${hex(random, 8)} marked as broken: timeout after ${whole(random, 30_000)} ms; active=${whole(random, 20)} idle=${whole(random, 5)}`,
];

/** A request in OTLP's JSON, and how many bytes its lines have. */
export interface LogRequest {
  readonly body: string;
  readonly lineBytes: number;
}

/** A request of so many lines of one service, with the ids of traces as structured metadata. */
export function logRequest(count: number, index: number, random: () => number): LogRequest {
  const service = services[index % services.length] ?? 'gateway';
  let lineBytes = 0;
  const logRecords = Array.from({ length: count }, (_, at) => {
    const stringValue = (lines[at % lines.length] ?? (() => ''))(random);
    lineBytes += Buffer.byteLength(stringValue);
    return {
      timeUnixNano: `${Date.now()}${String(at).padStart(6, '0')}`,
      severityText: 'INFO',
      severityNumber: 9,
      traceId: hex(random, 32),
      spanId: hex(random, 16),
      body: { stringValue },
    };
  });
  const attributes = [{ key: 'service.name', value: { stringValue: service } }];
  return {
    body: JSON.stringify({ resourceLogs: [{ resource: { attributes }, scopeLogs: [{ logRecords }] }] }),
    lineBytes,
  };
}

function whole(random: () => number, below: number): number {
  return Math.floor(random() * below);
}

function hex(random: () => number, digits: number): string {
  return Array.from({ length: digits }, () => whole(random, 16).toString(16)).join('');
}
