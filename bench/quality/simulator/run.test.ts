import { otlpDescriptor } from '@plumbline/wire';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Root } from 'protobufjs';
import { replay } from '../../../apps/standalone/replay/replay';
import { readRecording } from '../../../apps/standalone/replay/recording';
import { baseUs, schedule, type Plan } from './plan';
import { drawRun, simulate, writeRun, type DrawOptions } from './run';
import { SystemError } from './system';

const exportRequest = Root.fromJSON(otlpDescriptor).lookupType('ExportTraceServiceRequest');

const small: DrawOptions = {
  family: 'tree',
  services: 6,
  tracesPerSecond: 4,
  warmMinutes: 1,
  cases: [
    { fault: 'slow-work', size: 'large', onset: 'sharp' },
    { fault: 'failing', also: { fault: 'left-out' } },
  ],
  betweenMinutes: 1,
  caseMinutes: 2,
};

describe('a written run', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'plumbline-simulator-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const write = (name: string, seed: number, options: DrawOptions = small) => {
    const run = drawRun(seed, options);
    return { ...writeRun(join(folder, name), run.system, run.options), ...run };
  };
  const bytesOf = (name: string) => readFileSync(join(folder, name, 'requests.bin'));

  it('is the same for the same seed, and another for another', () => {
    write('a', 1);
    write('b', 1);
    write('c', 2);
    expect(bytesOf('a').equals(bytesOf('b'))).toBe(true);
    expect(bytesOf('a').equals(bytesOf('c'))).toBe(false);
    const planOf = (name: string) => readFileSync(join(folder, name, 'plan.json'), 'utf8');
    expect(planOf('a')).toBe(planOf('b'));
  });

  it('says in its plan what happens when, in whole minutes that follow each other', () => {
    const { plan } = write('plan', 3);
    expect(JSON.parse(readFileSync(join(folder, 'plan', 'plan.json'), 'utf8'))).toEqual(plan);
    expect(plan.minutes).toBe(7);
    expect(plan.cases.map((each) => [(each.start_us - baseUs) / 60e6, (each.end_us - baseUs) / 60e6])).toEqual([
      [1, 3],
      [4, 6],
    ]);
    for (const each of plan.cases) {
      expect(each.inject_us).toBeGreaterThan(each.start_us);
      expect(each.inject_us).toBeLessThan(each.end_us);
      expect(typeof each.visible).toBe('boolean');
    }
    expect(plan.cases[0]).toMatchObject({ fault: 'slow-work', size: 'large', onset: 'sharp' });
    expect(plan.cases[1]?.also?.fault).toBe('left-out');
    expect(plan.cases[1]?.also?.service).not.toBe(plan.cases[1]?.service);
  });

  it('holds the spans that were simulated, in requests of at most 200', async () => {
    const { system, options, spans } = write('spans', 4);
    const simulated = simulate(system, options).spans;
    expect(spans).toBe(simulated.length);
    let at = 0;
    for await (const { bytes } of readRecording(join(folder, 'spans', 'requests.bin'))) {
      const names = spansIn(bytes).map(({ service, name, start, end, code }) => [service, name, start, end, code]);
      const expected = simulated.slice(at, at + 200).map((span) => {
        const template = system.templates[span.template];
        const hasFailed = span.outcome === 1 || span.outcome === 3;
        const nanos = (us: number) => `${Math.floor(us)}000`;
        return [
          system.services[template?.service ?? -1]?.name,
          template?.name,
          nanos(span.startUs),
          nanos(span.endUs),
          hasFailed ? 2 : 0,
        ];
      });
      expect(names.sort()).toEqual(expected.sort());
      at += 200;
    }
    expect(at).toBeGreaterThanOrEqual(simulated.length);
  });

  it('is read and understood by replay', async () => {
    const { spans } = write('replayed', 5);
    const result = await replay(join(folder, 'replayed', 'requests.bin'));
    expect(result.spans).toBe(spans);
  });

  it('rounds, skews and loses where the profile is rough', () => {
    const rough = write('rough', 6, { ...small, profile: 'rough', services: 12 });
    const simulated = simulate(rough.system, rough.options).spans.length;
    expect(rough.spans / simulated).toBeLessThan(1);
    expect(rough.spans / simulated).toBeGreaterThan(0.93);
    expect(rough.system.nodes.some(({ skewUs }) => Math.abs(skewUs) > 10_000)).toBe(true);
  });

  it('leaves services out that are dark, and nothing else', async () => {
    const { system, options } = drawRun(7, { ...small, cases: [], warmMinutes: 2 });
    const [, dark = ''] = system.services.map(({ name }) => name);
    writeRun(join(folder, 'dark'), system, { ...options, dark: [dark] });
    writeRun(join(folder, 'light'), system, options);
    const light = await servicesIn(join(folder, 'light', 'requests.bin'));
    expect(light.delete(dark)).toBe(true);
    expect(await servicesIn(join(folder, 'dark', 'requests.bin'))).toEqual(light);
    expect(() => writeRun(join(folder, 'none'), system, { ...options, dark: ['nobody'] })).toThrow(
      'there is no service nobody',
    );
  });

  it('gives a released service a new version and new pods', async () => {
    const { system, options } = drawRun(8, { ...small, cases: [], warmMinutes: 4, releasesPerHour: 30 });
    writeRun(join(folder, 'released'), system, options);
    const [release] = schedule(system, options).releases;
    const name = system.services[release?.service ?? -1]?.name;
    const seen = new Set<string>();
    for await (const { bytes } of readRecording(join(folder, 'released', 'requests.bin'))) {
      for (const span of spansIn(bytes)) if (span.service === name) seen.add(span.version);
    }
    expect(seen.size).toBeGreaterThan(1);
  });
});

describe('a schedule', () => {
  it('of one half of a pair has that fault as the pair has it', () => {
    const both = { fault: 'slow-work', also: { fault: 'slow-network' } } as const;
    const of = (only?: 'first' | 'second'): Plan => {
      const { system, options } = drawRun(9, {
        ...small,
        cases: [{ ...both, ...(only === undefined ? {} : { only }) }],
      });
      return schedule(system, options).plan;
    };
    const pair = of().cases[0];
    const { case_id: _, also, ...first } = pair ?? {};
    expect(of('first').cases[0]).toMatchObject(first);
    expect(of('second').cases[0]).toMatchObject(also ?? {});
    expect(of('first').cases[0]?.also).toBeUndefined();
  });

  it.each([
    [{ warmMinutes: 0.5 }, 'warmMinutes: 0.5 is not a whole number'],
    [{ caseMinutes: 1 }, 'caseMinutes: 1 is not a whole number from 2'],
    [{ services: 201 }, 'services: 201 is not a whole number from 2 to 200'],
    [{ tracesPerSecond: 0 }, 'tracesPerSecond: 0 is not above 0'],
  ])('with %j is refused', (wrong, message) => {
    const attempt = () => {
      const { system, options } = drawRun(1, { ...small, ...wrong });
      schedule(system, options);
    };
    expect(attempt).toThrow(SystemError);
    expect(attempt).toThrow(message);
  });
});

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string };
}

interface DecodedRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly {
      readonly spans: readonly {
        readonly name: string;
        readonly startTimeUnixNano: string;
        readonly endTimeUnixNano: string;
        readonly status?: { readonly code: number };
      }[];
    }[];
  }[];
}

function spansIn(bytes: Uint8Array) {
  const decoded = exportRequest.toObject(exportRequest.decode(bytes), { longs: String }) as DecodedRequest;
  return decoded.resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const text = (name: string) => resource.attributes.find(({ key }) => key === name)?.value.stringValue ?? '';
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ name, startTimeUnixNano: start, endTimeUnixNano: end, status }) => ({
        service: text('service.name'),
        version: text('service.version'),
        name,
        start,
        end,
        code: status?.code ?? 0,
      })),
    );
  });
}

async function servicesIn(path: string): Promise<Set<string>> {
  const seen = new Set<string>();
  for await (const { bytes } of readRecording(path)) for (const { service } of spansIn(bytes)) seen.add(service);
  return seen;
}
