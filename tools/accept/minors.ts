import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { renderedFolder } from '../checks/check';
import { olderMinors, startApiServer, type ApiServerPeer } from '../peers';
import { outcomeOf, type Outcome } from './run';

const definitions = join(__dirname, '..', '..', 'imports', 'crds');

/** Every environment of `dist/` at the API server of every older minor version that is supported, each on a fresh server. */
export async function* minors(): AsyncIterable<Outcome> {
  for (const minor of olderMinors) {
    for (const environment of readdirSync(renderedFolder)) {
      const api = await startApiServer({ minor });
      try {
        yield* accept(api, minor, environment);
      } finally {
        await api.stop();
      }
    }
  }
}

async function* accept(api: ApiServerPeer, minor: string, environment: string): AsyncIterable<Outcome> {
  const folder = join(renderedFolder, environment);
  const version = await serverVersion(api);
  const at = `${environment} at Kubernetes ${version}`;
  yield outcomeOf(`${at}: the server is of minor version ${minor}`, async () => {
    assert.ok(version.startsWith(`v${minor}.`), `it says ${version}`);
    return Promise.resolve();
  });
  await api.kubectl(['apply', '--server-side', '-f', definitions]);
  await api.kubectl(['wait', 'crd', '--all', '--for=condition=Established', '--timeout=60s']);

  const apply = ['apply', '--server-side', '--warnings-as-errors', '-f', folder];
  yield outcomeOf(`${at}: applied without a warning or a field that is not known there`, async () => {
    await api.kubectl(apply);
  });
  yield outcomeOf(`${at}: no difference afterwards, and nothing changed by a second time`, async () => {
    const generations = async () => {
      const columns = 'custom-columns=K:.kind,NS:.metadata.namespace,N:.metadata.name,G:.metadata.generation';
      return (await api.kubectl(['get', '-f', folder, '-o', columns])).stdout;
    };
    const before = await generations();
    await api.kubectl(apply);
    assert.equal(await generations(), before);
    assert.equal((await api.kubectl(['diff', '--server-side', '-f', folder])).stdout, '');
  });
}

async function serverVersion(api: ApiServerPeer): Promise<string> {
  const { stdout } = await api.kubectl(['get', '--raw', '/version']);
  return (JSON.parse(stdout) as { readonly gitVersion: string }).gitVersion;
}
