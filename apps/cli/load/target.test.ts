import { UsageError } from '../errors';
import { clusterAt, serve, thesis, type Answer, type TestServer } from '../verify/testing';
import { findTarget, type Surroundings, type TargetChoice } from './target';

const nothing: Surroundings = { takesTraces: () => Promise.resolve(false), note: () => undefined };
const choice = (more: Partial<TargetChoice> = {}): TargetChoice => ({ yes: false, ...more });
const pod = {
  metadata: { name: 'otel-ingestor-a' },
  spec: { containers: [{ ports: [{ name: 'otlp-http', containerPort: 4318 }] }] },
  status: { phase: 'Running', conditions: [{ type: 'Ready', status: 'True' }] },
};

describe('the target of a load', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());

  /** A cluster whose ingestor is ready or not. */
  async function cluster(isReady: boolean, context = 'kind-kind') {
    const answers: Readonly<Record<string, Answer>> = {
      '/api/v1': { resources: [{ name: 'services', kind: 'Service', namespaced: true }] },
      '/api/v1/namespaces/plumbline/services/otel-ingestor': {
        spec: { selector: { app: 'i' }, ports: [{ port: 4318 }] },
      },
      '/api/v1/namespaces/plumbline/pods?labelSelector=app=i': { items: isReady ? [pod] : [] },
    };
    server = await serve((path) => answers[path]);
    return {
      ...clusterAt(server.url),
      context,
      forwardService: (_n: string, _s: string, port: number) => Promise.resolve(port),
    };
  }

  it('is the cluster where the ingestor is ready, with Tempo and the page of incidents', async () => {
    const target = await findTarget(choice(), { ...nothing, cluster: await cluster(true), rendered: thesis() });
    expect(target).toMatchObject({
      name: 'context kind-kind',
      otlp: 'http://127.0.0.1:4318',
      page: 'http://127.0.0.1:80',
    });
    expect(target.witness?.name).toBe('Tempo at http://127.0.0.1:3200');
  });

  it('is the process on this machine where no ingestor is ready, and it is said why', async () => {
    const notes: string[] = [];
    const target = await findTarget(choice(), {
      cluster: await cluster(false),
      rendered: thesis(),
      takesTraces: (port) => Promise.resolve(port === 4318),
      note: (text) => notes.push(text),
    });
    expect(target).toMatchObject({ otlp: 'http://127.0.0.1:4318' });
    expect(notes).toEqual([expect.stringContaining('no pod of Service plumbline/otel-ingestor is ready') as string]);
  });

  it('is no cluster elsewhere, unless that is said', async () => {
    const elsewhere = { ...(await cluster(true, 'production')) };
    const remote = {
      ...elsewhere,
      api: Object.assign(Object.create(elsewhere.api) as typeof elsewhere.api, { server: 'https://api.example.org' }),
    };
    const surroundings = { ...nothing, cluster: remote, rendered: thesis() };
    await expect(findTarget(choice(), surroundings)).rejects.toThrow('production is not a cluster on this machine');
  });

  it('is nothing where there is nothing', async () => {
    await expect(findTarget(choice(), nothing)).rejects.toThrow(UsageError);
    await expect(findTarget(choice({ target: 'cluster' }), nothing)).rejects.toThrow('there is no kubeconfig');
  });

  it('is an address that is given, with whoever tells what became of it', async () => {
    server = await serve((path) =>
      path === '/status.json' ? { traces: 5, operationsLearnt: 1, operationsSeen: 1 } : undefined,
    );
    const endpoint = 'http://127.0.0.1:9/';
    const page = await findTarget(choice({ endpoint, console: server.url }), nothing);
    expect(page).toMatchObject({ otlp: 'http://127.0.0.1:9', isProcess: true, page: server.url });
    const sought = [3, 4].map((ordinal) => ({ traceId: '', spans: 1, ordinal, takenAt: 0 }));
    expect(await page.witness?.seen(sought)).toEqual([]);
    const tempo = await findTarget(choice({ endpoint, tempo: 'http://127.0.0.1:8/' }), nothing);
    expect(tempo).toMatchObject({ isProcess: false, witness: { name: 'Tempo at http://127.0.0.1:8' } });
  });
});
