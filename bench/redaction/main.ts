import { Command } from 'commander';
import { readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { otlpDescriptor } from '@plumbline/wire';
import { Root } from 'protobufjs';
import { normalizationStatements } from '../../constructs/collection/semantic-conventions';
import { redactionOf, type RedactionProps } from '../../constructs/collection/redaction';
import { clearingFeature, redactionStatements } from '../../constructs/collection/redaction-statements';
import { ValuePattern } from '../../constructs/collection/value-pattern';
import { dump } from '../../constructs/core/yaml';
import { freePorts, startCollector } from '../../tools/peers';
import { runMain, wholeNumber } from '../arguments';
import { makeLoad, spansPerTrace } from '../throughput/load';

/*
 * What redaction costs the collector: CPU a span, with and without it, in turn. `npm run bench:redaction -- --help`
 */

interface Variant {
  readonly name: string;
  /** Absent: spans are normalized only. */
  readonly redaction?: RedactionProps;
  /** One span more in each trace, with a header, a query parameter and an e-mail address in it. */
  readonly leaking: boolean;
}

const variants: readonly Variant[] = [
  { name: 'clean spans, no redaction', leaking: false },
  { name: 'clean spans, default', leaking: false, redaction: {} },
  {
    name: 'clean spans, default and card numbers',
    leaking: false,
    redaction: { patterns: [...ValuePattern.standard, ValuePattern.cardNumber] },
  },
  { name: 'one span of 13 leaks, no redaction', leaking: true },
  { name: 'one span of 13 leaks, default', leaking: true, redaction: {} },
];

const tracesPerRequest = 64;
/** `USER_HZ`, which is 100 on every Linux. */
const ticksPerSecond = 100;

async function main(): Promise<void> {
  const { traces, rounds } = new Command('bench:redaction')
    .description('CPU that the real collector takes for a span, with and without redaction')
    .option(
      '--traces <n>',
      `traces of ${spansPerTrace} spans that are measured; half as many come before`,
      wholeNumber,
      16_000,
    )
    .option('--rounds <n>', 'how often each is measured; the median counts', wholeNumber, 3)
    .parse()
    .opts<{ readonly traces: number; readonly rounds: number }>();
  const measured = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    for (const variant of variants) measured.get(variant.name)?.push(await measure(variant, traces));
  }
  for (const [name, values] of measured) {
    const median = [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
    console.log(`${name}: ${median.toFixed(1)} µs a span (${values.map((each) => each.toFixed(1)).join(', ')})`);
  }
  console.log(
    `Load of the machine: ${loadavg()
      .map((each) => each.toFixed(1))
      .join(', ')}. It is done once, for all destinations.`,
  );
}

/** Microseconds of CPU a span, from OTLP over HTTP to an exporter that does nothing. */
async function measure({ redaction, leaking }: Variant, traces: number): Promise<number> {
  const [port = 0] = await freePorts(1);
  const collector = await startCollector(dump(config(port, redaction)), {
    args: [`--feature-gates=${clearingFeature}`],
    env: { GOMAXPROCS: '1' },
  });
  try {
    const { pid } = collector;
    if (pid === undefined) throw new Error('the collector ended before anything was measured');
    await send(port, Math.ceil(traces / 2), leaking);
    const before = cpuSeconds(pid);
    const spans = await send(port, traces, leaking);
    return ((cpuSeconds(pid) - before) / spans) * 1e6;
  } finally {
    await collector.stop();
  }
}

function config(port: number, redaction: RedactionProps | undefined): object {
  const processors = {
    'transform/normalize': { error_mode: 'ignore', trace_statements: normalizationStatements() },
    ...(redaction === undefined
      ? {}
      : {
          'transform/redact': {
            error_mode: 'ignore',
            trace_statements: redactionStatements(redactionOf('redaction', redaction)),
          },
        }),
  };
  return {
    receivers: { otlp: { protocols: { http: { endpoint: `127.0.0.1:${port}` } } } },
    processors,
    exporters: { debug: { verbosity: 'basic', sampling_initial: 1, sampling_thereafter: 1_000_000 } },
    service: {
      telemetry: { metrics: { level: 'none' } },
      pipelines: { traces: { receivers: ['otlp'], processors: Object.keys(processors), exporters: ['debug'] } },
    },
  };
}

/** Each trace with resources of its own, as the ingestor sends them. Returns how many spans there were. */
async function send(port: number, traces: number, leaking: boolean): Promise<number> {
  let spans = 0;
  let body: Uint8Array[] = [];
  const post = async (): Promise<void> => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-protobuf' },
      body: Buffer.concat(body),
    });
    if (!answer.ok) throw new Error(`the collector answered ${answer.status}: ${await answer.text()}`);
    body = [];
  };
  for (const message of makeLoad({ traces })) {
    body.push(message.value, ...(leaking ? [leak] : []));
    spans += message.spans + (leaking ? 1 : 0);
    if (body.length >= tracesPerRequest) await post();
  }
  if (body.length > 0) await post();
  return spans;
}

const leak = leakingRequest();

function leakingRequest(): Uint8Array {
  const type = Root.fromJSON(otlpDescriptor).lookupType('ExportTraceServiceRequest');
  const attribute = (key: string, stringValue: string) => ({ key, value: { stringValue } });
  const span = {
    traceId: Buffer.alloc(16, 7),
    spanId: Buffer.alloc(8, 7),
    name: 'POST /session',
    kind: 2,
    startTimeUnixNano: '1700000000000000000',
    endTimeUnixNano: '1700000000010000000',
    attributes: [
      attribute('http.request.method', 'POST'),
      attribute('http.request.header.authorization', 'Bearer 0123456789abcdef'),
      attribute('url.full', 'https://shop.example.org/session?token=0123456789&mail=jane@example.org'),
      attribute('http.route', '/session'),
      attribute('server.address', 'gateway.shop.svc'),
      attribute('user_agent.original', 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko)'),
    ],
    status: {},
  };
  const resource = { attributes: [attribute('service.name', 'gateway')] };
  return type
    .encode(type.fromObject({ resourceSpans: [{ resource, scopeSpans: [{ scope: {}, spans: [span] }] }] }))
    .finish();
}

/** User and system time of every thread. */
function cpuSeconds(pid: number): number {
  // The name in brackets may hold spaces; user time is the twelfth field behind it, system time the next.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
}

if (require.main === module) runMain('bench:redaction', main);
