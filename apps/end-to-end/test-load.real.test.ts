import { runPlumbline } from './command';
import { impatient } from './settings';
import { startStandaloneProcess, type StandaloneProcess } from './standalone-process';

interface LoadOutput {
  readonly sentSpans: number;
  readonly acceptedSpans: number;
  readonly refusedSpans: number;
  readonly ingestToQuery?: {
    readonly asked: number;
    readonly lost: number;
    readonly tookMs?: { readonly p50: number; readonly p99: number };
  };
}

describe('plumbline test-load, of a pipeline in one process', () => {
  let standalone: StandaloneProcess;
  beforeAll(async () => {
    standalone = await startStandaloneProcess(impatient);
  });
  afterAll(() => standalone.process.stop());

  const load = async (...args: readonly string[]) => {
    const { status, stdout, stderr } = await runPlumbline(['test-load', '--json', ...args]);
    if (stdout === '') throw new Error(stderr);
    return { status, output: JSON.parse(stdout) as LoadOutput };
  };

  it('sends, finds everything again, and says how long that took', async () => {
    const endpoint = standalone.otlpHttp.replace('/v1/traces', '');
    const addresses = ['--endpoint', endpoint, '--console', standalone.page];
    const { status, output } = await load(...addresses, '--rate', '500', '--seconds', '4', '--timeout', '40');
    expect(output).toMatchObject({ acceptedSpans: output.sentSpans, refusedSpans: 0, ingestToQuery: { lost: 0 } });
    expect(output.sentSpans).toBeGreaterThan(500);
    expect(output.ingestToQuery?.asked).toBeGreaterThan(10);
    expect(output.ingestToQuery?.tookMs?.p99).toBeGreaterThanOrEqual(output.ingestToQuery?.tookMs?.p50 ?? Infinity);
    expect(status).toBe(0);
  });

  it('has everything refused where nothing takes traces', async () => {
    const addresses = ['--endpoint', standalone.page, '--console', standalone.page];
    const { status, output } = await load(...addresses, '--rate', '100', '--seconds', '1', '--timeout', '2');
    expect(output).toMatchObject({ acceptedSpans: 0, refusedSpans: output.sentSpans });
    expect(status).toBe(1);
  });
});
