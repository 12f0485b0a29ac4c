import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { freePort, startMlflow, type MlflowPeer } from '@plumbline/tools/peers';
import { promisesOfARegistry } from '../contract';
import { ModelRegistry } from '../model-registry';
import { manifestFileOf } from '../testing';
import { MlflowBackend } from './backend';
import { MlflowClient, type MlflowConnection } from './client';

const retry = { startingDelayMs: 10, maxDelayMs: 50, attempts: 4 };
const [first, second] = ['000001-aaaaaaaaaaaa', '000002-bbbbbbbbbbbb'] as const;
let names = 0;

function registryAt(connection: MlflowConnection, name: string): ModelRegistry {
  return new ModelRegistry(new MlflowBackend(new MlflowClient(connection, { retry }), name), 'ml-models');
}

describe('MLflow', () => {
  let mlflow: MlflowPeer;
  beforeAll(async () => {
    mlflow = await startMlflow();
  });
  afterAll(() => mlflow.stop());

  const newName = () => `trace-anomaly-${(names += 1)}`;

  async function call(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${mlflow.url}/api/2.0/mlflow/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  }

  describe('as a registry', () => {
    promisesOfARegistry(() => {
      const name = newName();
      return Promise.resolve(() => registryAt({ url: mlflow.url }, name));
    });
  });

  describe('for people and other programs', () => {
    let name: string;
    let registry: ModelRegistry;
    beforeEach(async () => {
      name = newName();
      registry = registryAt({ url: mlflow.url }, name);
      await registry.register(manifestFileOf({ version: first }), { 'autoencoder.loss': 0.02 });
      await registry.register(manifestFileOf({ version: second, parent: first }));
      await registry.approve(first, { as: 'champion', effectiveFromMs: 1_000, by: 'ann' });
    });

    it('has a run with parameters, metrics and lineage for each training, and a version at its files', async () => {
      const found = (await call('GET', `model-versions/get?name=${name}&version=2`)) as {
        model_version: { source: string; run_id: string; tags: { key: string; value: string }[] };
      };
      const { source, run_id: run, tags } = found.model_version;
      expect(source).toBe(`s3://ml-models/trace-anomaly/version_${second}/`);
      expect(tags).toEqual(
        expect.arrayContaining([
          { key: 'plumbline.version', value: second },
          { key: 'plumbline.manifest_sha256', value: expect.stringMatching(/^[0-9a-f]{64}$/) as string },
          { key: 'parent', value: first },
          { key: 'feature_schema', value: 'ab'.repeat(32) },
          { key: 'data_from', value: '2025-12-01T00:00:00.000Z' },
          { key: 'code_version', value: '0.1.0' },
        ]),
      );
      expect(await call('GET', `runs/get?run_id=${run}`)).toMatchObject({
        run: {
          info: { run_name: second, status: 'FINISHED' },
          data: {
            params: expect.arrayContaining([
              { key: 'forest.trees', value: '100' },
              { key: 'odd name_', value: 'x' },
            ]) as unknown,
            metrics: expect.arrayContaining([
              expect.objectContaining({ key: 'evaluation.combined.recall', value: 0.9 }),
            ]) as unknown,
          },
        },
      });
    });

    it('shows who serves by aliases and the tag approved', async () => {
      await registry.approve(second, { as: 'challenger', effectiveFromMs: 1_000, share: 0.1, by: 'ann' });
      expect(await call('GET', `registered-models/get?name=${name}`)).toMatchObject({
        registered_model: {
          aliases: expect.arrayContaining([
            { alias: 'champion', version: '1' },
            { alias: 'challenger', version: '2' },
          ]) as unknown,
        },
      });
      const approved = `name='${name}' and tags.approved = 'true'`;
      const query = new URLSearchParams({ filter: approved }).toString();
      expect(await call('GET', `model-versions/search?${query}`)).toMatchObject({ model_versions: { length: 2 } });
      await registry.withdraw(second, { effectiveFromMs: 2_000, by: 'ann' });
      expect(await call('GET', `registered-models/get?name=${name}`)).toMatchObject({
        registered_model: { aliases: [{ alias: 'champion', version: '1' }] },
      });
    });

    it('does not approve by an alias, says so, and puts it right with the next decision', async () => {
      await call('POST', 'registered-models/alias', { name, alias: 'champion', version: '2' });
      const { champion, problems } = await registry.served();
      expect(champion?.version).toBe(first);
      expect(problems).toEqual([
        `alias champion names ${second}, and ${first} is approved as champion: an alias alone approves nothing`,
      ]);
      await registry.approve(first, { as: 'champion', effectiveFromMs: 2_000, by: 'ann' });
      expect((await registry.served()).problems).toEqual([]);
    });

    it('does not serve what somebody disapproves of by the tag, until it is approved again', async () => {
      await call('POST', 'model-versions/set-tag', { name, version: '1', key: 'approved', value: 'false' });
      const { champion, problems } = await registry.served();
      expect(champion).toBeUndefined();
      expect(problems[0]).toBe(`version ${first} is approved, and its tag approved is "false": it is not served`);
      await registry.approve(first, { as: 'champion', effectiveFromMs: 3_000, by: 'ann' });
      expect(await registry.served()).toMatchObject({ champion: { version: first }, problems: [] });
    });

    it('passes over versions of others, and entries that were changed by hand', async () => {
      await call('POST', 'model-versions/create', { name, source: 's3://elsewhere/x/' });
      const tag = { name, version: '2', key: 'plumbline.manifest_sha256', value: 'ef'.repeat(32) };
      await call('POST', 'model-versions/set-tag', tag);
      const { champion, problems } = await registry.served();
      expect(champion?.version).toBe(first);
      expect(problems).toEqual([
        expect.stringMatching(/^version 2 of .* is passed over: its tags plumbline.version and/),
        expect.stringMatching(/^version 3 of .* is passed over: it has no tag plumbline.entry$/),
      ]);
    });

    it('finishes a training that was registered by half', async () => {
      await call('DELETE', 'model-versions/delete', { name, version: '2' });
      await registry.register(manifestFileOf({ version: second, parent: first }));
      expect((await registry.versions()).map(({ version }) => version)).toEqual([second, first]);
      const { experiment } = (await call('GET', `experiments/get-by-name?experiment_name=${name}`)) as {
        experiment: { experiment_id: string };
      };
      const runs = await call('POST', 'runs/search', { experiment_ids: [experiment.experiment_id] });
      // Two trainings, and the decisions.
      expect(runs).toMatchObject({ runs: { length: 3 } });
    });
  });

  describe('behind a proxy that fails', () => {
    let proxy: Server;
    let failures: number;
    let url: string;
    let answerWith: { readonly status: number; readonly body: string; readonly headers?: Record<string, string> };
    beforeEach(async () => {
      failures = 0;
      answerWith = { status: 503, body: '<html>upstream is away</html>' };
      proxy = createServer((request, response) => {
        const chunks: Buffer[] = [];
        request.on('data', (chunk: Buffer) => chunks.push(chunk));
        request.on('end', () => {
          if (failures > 0) {
            failures -= 1;
            response.writeHead(answerWith.status, answerWith.headers).end(answerWith.body);
            return;
          }
          const body = Buffer.concat(chunks).toString('utf8');
          const sent = { method: request.method ?? 'GET', headers: { 'content-type': 'application/json' } };
          fetch(`${mlflow.url}${request.url ?? ''}`, { ...sent, ...(body !== '' && { body }) })
            .then(async (answer) => response.writeHead(answer.status).end(await answer.text()))
            .catch(() => response.destroy());
        });
      });
      await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
      url = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    });
    afterEach(() => new Promise((resolve) => proxy.close(resolve)));

    it.each([503, 500, 429])('gets over some answers of %d', async (status) => {
      answerWith = { status, body: '' };
      const registry = registryAt({ url }, newName());
      failures = 3;
      await registry.register(manifestFileOf({ version: first }));
      failures = 3;
      await registry.approve(first, { as: 'champion', effectiveFromMs: 1_000, by: 'ann' });
      failures = 3;
      expect((await registry.served()).champion?.version).toBe(first);
    });

    it('says what was answered when it does not end', async () => {
      failures = Infinity;
      await expect(registryAt({ url }, newName()).served()).rejects.toMatchObject({
        code: 'PLUMBLINE_REGISTRY_UNAVAILABLE',
        message: `GET registered-models/get of ${url}: 503 upstream is away`,
      });
    });

    it.each([
      ['a page in place of an answer', { status: 200, body: '<html>log in</html>' }, 'PLUMBLINE_REGISTRY_MALFORMED'],
      ['an answer without end', { status: 200, body: 'x'.repeat(9_000_000) }, 'PLUMBLINE_REGISTRY_MALFORMED'],
      [
        'a redirect to a login',
        { status: 302, body: '', headers: { location: 'http://127.0.0.1:1/login' } },
        'PLUMBLINE_REGISTRY_REFUSED',
      ],
    ])('refuses %s at once', async (_name, answer, code) => {
      answerWith = answer;
      failures = 1;
      await expect(registryAt({ url }, newName()).served()).rejects.toMatchObject({ code });
      expect(failures).toBe(0);
    });
  });

  it('that is away is told as such', async () => {
    const registry = registryAt({ url: `http://127.0.0.1:${await freePort()}` }, newName());
    await expect(registry.served()).rejects.toMatchObject({
      code: 'PLUMBLINE_REGISTRY_UNAVAILABLE',
      transient: true,
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });
});

describe('MLflow with a login', () => {
  let mlflow: MlflowPeer;
  beforeAll(async () => {
    mlflow = await startMlflow({ login: true });
  });
  afterAll(() => mlflow.stop());

  it('takes the right one, and tells of a wrong or missing one without showing it', async () => {
    const { url, admin } = mlflow;
    const registry = registryAt({ url, login: admin }, 'trace-anomaly');
    await registry.register(manifestFileOf({ version: first }));
    await registry.approve(first, { as: 'champion', effectiveFromMs: 1_000, by: 'ann' });
    expect((await registry.served()).champion?.version).toBe(first);
    for (const connection of [{ url }, { url, login: { user: admin.user, password: 'not-the-password' } }]) {
      const denied: unknown = await registryAt(connection, 'trace-anomaly')
        .served()
        .catch((error: unknown) => error);
      expect(denied).toMatchObject({ code: 'PLUMBLINE_REGISTRY_DENIED', transient: false });
      expect(JSON.stringify(denied, Object.getOwnPropertyNames(denied))).not.toContain('not-the-password');
    }
  });
});
