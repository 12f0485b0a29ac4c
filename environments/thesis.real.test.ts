import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { KubeObject } from '../constructs/invariants';
import { containerOf, fileOf, podTemplateOf, renderApp } from '../constructs/testing';
import { platform } from '../main';
import {
  answers,
  dataDirectory,
  freePorts,
  PeerProcess,
  promtool,
  runProgram,
  startApiServer,
  validateCollector,
  type ApiServerPeer,
} from '../tools/peers';
import { program } from '../tools/peers/installed';
import { thesis } from './thesis';

const objects = renderApp(platform(thesis));

describe('The thesis environment at a Kubernetes API server', () => {
  let api: ApiServerPeer;
  const applyArgs = ['apply', '--server-side', '--warnings-as-errors', '-f', '-'];
  const asList = (items: readonly object[]) => JSON.stringify({ apiVersion: 'v1', kind: 'List', items });

  beforeAll(async () => {
    api = await startApiServer();
    await api.kubectl(applyArgs, asList(objects));
  });
  afterAll(() => api.stop());

  it('is applied without a warning, and has no difference afterwards', async () => {
    expect((await api.kubectl(['diff', '--server-side', '-f', '-'], asList(objects))).stdout).toBe('');
  });

  it('is not written again when it is applied again', async () => {
    const stored = async () => {
      const args = ['get', '-f', '-', '--output=json', '--show-managed-fields'];
      const { stdout } = await api.kubectl(args, asList(objects));
      return (JSON.parse(stdout) as { readonly items: readonly KubeObject[] }).items;
    };
    const before = await stored();
    expect(before).toHaveLength(objects.length);
    await api.kubectl(applyArgs, asList(objects));
    const after = await stored();
    // The server itself writes a claim once more, without a difference in any field: seen with 1.36.3.
    const comparable = (items: readonly KubeObject[]) =>
      items.map((item) =>
        item.kind === 'PersistentVolumeClaim'
          ? { ...item, metadata: { ...item.metadata, resourceVersion: 'any' } }
          : item,
      );
    expect(comparable(after)).toEqual(comparable(before));
  });

  it('has pods that the restricted namespaces admit', async () => {
    const workloads = objects.filter(({ kind }) => ['Deployment', 'StatefulSet', 'Job'].includes(kind));
    expect(workloads.length).toBeGreaterThan(10);
    for (const { kind, metadata } of workloads) {
      const template = podTemplateOf(objects, kind, metadata.name.replace(/-[0-9a-f]{10}$/, ''));
      const claims = (template.spec.volumes ?? []) as readonly { readonly name: string }[];
      const mounts = template.spec.containers.flatMap(
        ({ volumeMounts = [] }) => volumeMounts as readonly { readonly name: string }[],
      );
      // A StatefulSet adds the volumes of its claims itself.
      const missing = new Set(
        mounts.map(({ name }) => name).filter((name) => !claims.some((each) => each.name === name)),
      );
      const volumes = [...claims, ...Array.from(missing, (name) => ({ name, emptyDir: {} }))];
      const pod = {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...template.metadata, name: `${metadata.name}-0`, namespace: metadata.namespace },
        spec: { ...template.spec, volumes },
      };
      const { stdout } = await api.kubectl(
        ['create', '--dry-run=server', '-o', 'name', '-f', '-'],
        JSON.stringify(pod),
      );
      expect(stdout.trim()).toBe(`pod/${metadata.name}-0`);
    }
  });

  it('lets the bootstrap job read what it makes and no other Secret', async () => {
    const mayGet = async (namespace: string, secret: string) => {
      const as = '--as=system:serviceaccount:plumbline:credentials';
      const question = ['auth', 'can-i', 'get', `secrets/${secret}`, '-n', namespace, as];
      return (await api.kubectl(question).catch(() => ({ stdout: 'no\n' }))).stdout.trim();
    };
    expect(await mayGet('grafana', 'grafana-admin')).toBe('yes');
    expect(await mayGet('plumbline', 'notification-channels')).toBe('no');
    expect(await mayGet('redpanda', 'anything')).toBe('no');
  });
});

describe('The configuration files of the thesis environment', () => {
  it('are what collectors understand', async () => {
    for (const tier of ['otel-ingestor', 'otel-aggregator']) {
      await validateCollector(fileOf(objects, `${tier}-config`, 'config.yaml'));
    }
  });

  it('are what Prometheus understands', async () => {
    const file = join(await dataDirectory('prometheus-check'), 'prometheus.yml');
    await writeFile(file, fileOf(objects, 'prometheus-config', 'prometheus.yml'));
    expect((await promtool(['check', 'config', '--syntax-only', file])).stdout).toContain('SUCCESS');
  });

  it('are what Tempo understands', async () => {
    const file = join(await dataDirectory('tempo-check'), 'tempo.yaml');
    await writeFile(file, fileOf(objects, 'tempo-config', 'tempo.yaml'));
    const env = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'secret' };
    await runProgram(program('tempo'), [`-config.file=${file}`, '-config.expand-env=true', '-config.verify=true'], {
      env,
    });
  });

  it('start the object store, which says that it is well', async () => {
    const [port = 0, adminPort = 0] = await freePorts(2);
    const directory = await dataDirectory('objects');
    await Promise.all(['objects', 'versions', 'iam'].map((folder) => mkdir(join(directory, folder))));
    const { args = [] } = containerOf(objects, 'StatefulSet', 'objects');
    const server = await PeerProcess.start({
      name: 'versitygw',
      command: program('versitygw'),
      args: args.map((arg) =>
        arg
          .replace('--port=:7070', `--port=127.0.0.1:${port}`)
          .replace('--admin-port=:7071', `--admin-port=127.0.0.1:${adminPort}`)
          .replace('/var/lib/versitygw', directory),
      ),
      env: { ROOT_ACCESS_KEY: 'root', ROOT_SECRET_KEY: 'root-secret' },
      directory,
      ready: answers(`http://127.0.0.1:${port}/health`, 200),
    });
    await server.stop();
  });
});
