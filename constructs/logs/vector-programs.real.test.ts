import { vrl } from '../../tools/peers';
import { ValuePattern } from '../collection/value-pattern';
import { levelNames } from './log-levels';
import {
  alertProgram,
  commonProgram,
  fatalCondition,
  httpProgram,
  otlpProgram,
  syslogProgram,
} from './vector-programs';

interface Line {
  readonly message: string;
  readonly labels: { readonly namespace: string; readonly service: string; readonly level: string };
  readonly metadata: Readonly<Record<string, string>>;
}

const common = commonProgram([...ValuePattern.standard, ValuePattern.cardNumber]);
const at = '2026-01-01T00:00:00Z';

/** What comes out behind a program of a source and the one for all. */
async function through(program: string, events: readonly object[]): Promise<readonly Line[]> {
  const given = events.map((event) => ({ timestamp: at, ...event }));
  return (await vrl([program, common], given)) as readonly Line[];
}

describe('Programs of Vector, by VRL itself', () => {
  it('know a line of the log agent by its attributes, and one of a program by its resource', async () => {
    const [ours, theirs, neither] = await through(otlpProgram(), [
      {
        message: 'cart has 3 items',
        attributes: {
          namespace: 'shop',
          service: 'cart',
          level: 'warn',
          pod: 'cart-1',
          'loki.attribute.labels': 'pod',
          tries: 3,
        },
        resources: { 'service.name': 'other' },
        trace_id: '0af7651916cd43dd8448eb211c80319c',
      },
      { message: 'ok', severity_text: 'INFO2', resources: { 'service.name': 'pay', 'k8s.namespace.name': 'shop' } },
      { message: { event: 'login' } },
    ]);
    expect(ours).toEqual({
      message: 'cart has 3 items',
      timestamp: at,
      labels: { namespace: 'shop', service: 'cart', level: 'warn' },
      metadata: { pod: 'cart-1', tries: '3', trace_id: '0af7651916cd43dd8448eb211c80319c' },
    });
    expect(theirs?.labels).toEqual({ namespace: 'shop', service: 'pay', level: 'info' });
    expect(neither).toMatchObject({ message: '{"event":"login"}', labels: { service: 'unknown', level: 'unknown' } });
  });

  it('take rows by HTTP, JSON or not, from services that are named and from others', async () => {
    const lines = await through(httpProgram(['shop']), [
      { message: '{"service":"shop","severity":"ERROR","text":"no"}' },
      { message: '{"service":"made-up-17","level":30}' },
      { message: 'just text' },
      { message: '[1, 2]' },
    ]);
    expect(lines.map(({ labels }) => labels)).toEqual([
      { namespace: 'external', service: 'shop', level: 'error' },
      { namespace: 'external', service: 'http', level: 'info' },
      { namespace: 'external', service: 'http', level: 'unknown' },
      { namespace: 'external', service: 'http', level: 'unknown' },
    ]);
    expect(lines[1]?.metadata.service_name).toBe('made-up-17');
    expect(lines[0]?.message).toBe('{"service":"shop","severity":"ERROR","text":"no"}');
  });

  it('take messages of syslog, and nobody by syslog passes for a pod', async () => {
    const [line, bare] = await through(syslogProgram(['sshd']), [
      {
        message: 'no',
        appname: 'sshd',
        severity: 'crit',
        procid: 12,
        hostname: 'gate',
        facility: 'auth',
        namespace: 'shop',
      },
      { message: 'x' },
    ]);
    expect(line?.labels).toEqual({ namespace: 'external', service: 'sshd', level: 'fatal' });
    expect(line?.metadata).toEqual({
      source: 'syslog',
      service_name: 'sshd',
      hostname: 'gate',
      facility: 'auth',
      procid: '12',
    });
    expect(bare?.metadata).toEqual({ source: 'syslog', service_name: 'syslog' });
  });

  it('call every name of a level by one of seven', async () => {
    const names = Object.entries(levelNames).flatMap(([level, all]) => all.map((name) => [level, name] as const));
    const lines = await through(otlpProgram(), [
      ...names.map(([, name]) => ({ message: 'x', severity_text: name.toUpperCase() })),
      { message: 'x', severity_text: 'loud' },
    ]);
    expect(lines.map(({ labels }) => labels.level)).toEqual([...names.map(([level]) => level), 'unknown']);
  });

  it('make no label of what is no name', async () => {
    const lines = await through(otlpProgram(), [
      { message: 'x', attributes: { service: 'a b' } },
      { message: 'x', attributes: { service: 'a'.repeat(64) } },
      { message: 'x', attributes: { service: 7, namespace: '' } },
      { message: 'x', attributes: { service: 'a.b-c_d', namespace: 'shop' } },
    ]);
    expect(lines.map(({ labels }) => `${labels.namespace} ${labels.service}`)).toEqual([
      'unknown unknown',
      'unknown unknown',
      'unknown unknown',
      'shop a.b-c_d',
    ]);
  });

  it('let nothing through that collectors hide, in texts and in metadata', async () => {
    const sent = [
      { message: 'POST /pay Authorization: Bearer hush-bearer-0123456789' },
      { message: '{"level":"warn","token":"hush-json","n":1}' },
      { message: "login password='hush it' as jane.doe@example.org" },
      { message: 'GET https://hush-user:hush-pass@example.org/' },
      { message: 'paid by 4111 1111 1111 1111' },
      {
        message: 'ok',
        attributes: { url: 'https://example.org/?api_key=hush-query', nested: { secret: 'hush-member' } },
      },
    ];
    const lines = await through(otlpProgram(), sent);
    expect(JSON.stringify(sent).match(/hush|jane\.doe|4111/g)).toHaveLength(9);
    expect(JSON.stringify(lines).match(/hush|jane\.doe|4111/g)).toBeNull();
    expect(lines[1]?.message).toBe('{"level":"warn","token":"REDACTED","n":1}');
    expect(lines[1]?.labels.level).toBe('warn');
  });

  it('tell of a fatal line in the form of Alertmanager, and of no other', async () => {
    const event = { message: 'x'.repeat(400), labels: { namespace: 'shop', service: 'cart', level: 'fatal' } };
    expect(await vrl([fatalCondition], [event, { labels: { level: 'error' } }], { result: true })).toEqual([
      true,
      false,
    ]);
    const [alert] = await vrl([alertProgram('https://runbooks.example.org/LogErrorPattern.md')], [event]);
    expect(alert).toEqual({
      labels: { alertname: 'FatalLogLine', severity: 'warning', service_name: 'cart', k8s_namespace_name: 'shop' },
      annotations: {
        summary: 'A line of cart says that it cannot go on',
        description: `${'x'.repeat(300)}…`,
        runbook_url: 'https://runbooks.example.org/LogErrorPattern.md',
      },
    });
  });

  it('are refused by VRL where a failure is not handled', async () => {
    await expect(vrl(['.a = parse_json(.message)'], [{ message: 'x' }])).rejects.toThrow('fallible');
  });
});
