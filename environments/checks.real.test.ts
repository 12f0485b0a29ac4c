import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify, type Document } from 'yaml';
import { renderApp } from '../constructs/testing';
import { platform } from '../main';
import { check, renderedFolder } from '../tools/checks/check';
import { exceptions } from '../tools/checks/exceptions';
import { checkedObject, type Report } from '../tools/checks/finding';
import { judge } from '../tools/checks/judge';
import { dataDirectory } from '../tools/peers';
import { environments } from './index';

const problemsOf = (environment: string, reports: readonly Report[]) =>
  judge(
    environment,
    reports.flatMap(({ findings }) => findings),
    exceptions,
  );

describe.each(environments)('dist/$name', (environment) => {
  let reports: readonly Report[];
  beforeAll(async () => {
    reports = await check(join(renderedFolder, environment.name));
  });

  it('has nothing that kube-score and checkov object to, but what is excepted', () => {
    expect(problemsOf(environment.name, reports)).toEqual([]);
  });

  it('was judged by both in every object with pods', () => {
    const workloads = renderApp(platform(environment))
      .filter(({ kind }) => ['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob'].includes(kind))
      .map(({ kind, metadata }) => checkedObject(kind, metadata.namespace ?? '', metadata.name));
    expect(workloads.length).toBeGreaterThan(10);
    for (const { examined } of reports) expect(examined).toEqual(expect.arrayContaining(workloads));
  });
});

describe('The checkers', () => {
  /** What is wrong with `dist/thesis` when one object of the trace store is changed. */
  async function broken(kind: string, name: string, change: (object: Document) => void): Promise<readonly string[]> {
    const folder = await dataDirectory('broken');
    await cp(join(renderedFolder, 'thesis'), folder, { recursive: true });
    const file = join(folder, 'tracing.k8s.yaml');
    const objects = parseAllDocuments(await readFile(file, 'utf8'));
    const found = objects.filter(
      (object) => object.get('kind') === kind && object.getIn(['metadata', 'name']) === name,
    );
    expect(found).toHaveLength(1);
    for (const object of found) change(object);
    await writeFile(file, objects.map((object) => `---\n${stringify(object)}`).join(''));
    return problemsOf('thesis', await check(folder));
  }

  const container = ['spec', 'template', 'spec', 'containers', 0];

  it('both see that a container has no limit of memory', async () => {
    const problems = await broken('StatefulSet', 'tempo', (object) => {
      object.deleteIn([...container, 'resources', 'limits', 'memory']);
    });
    expect(problems).toEqual([
      expect.stringMatching(
        /^kube-score container-resources: StatefulSet\/tempo in tempo, tempo: Memory limit is not set/,
      ),
      expect.stringMatching(/^checkov CKV_K8S_13: StatefulSet\/tempo in tempo: Memory limits should be set/),
    ]);
  });

  it('each see a manifest that nobody should run, whatever its annotations say', async () => {
    const folder = join(__dirname, '..', 'tools', 'checks', 'fixtures');
    const found = (await check(folder)).map(({ findings }) => findings.map(({ check: id }) => id));
    expect(found).toEqual([
      expect.arrayContaining([
        ...['container-security-context-privileged', 'container-security-context-user-group-id', 'container-image-tag'],
        ...['container-security-context-readonlyrootfilesystem', 'container-resources', 'pod-networkpolicy'],
      ]),
      expect.arrayContaining([
        // Privileged, not as another user than root, `latest`, a writable root, no memory limit, no policy.
        ...['CKV_K8S_16', 'CKV_K8S_23', 'CKV_K8S_14', 'CKV_K8S_22', 'CKV_K8S_13', 'CKV2_K8S_6'],
      ]),
    ]);
  });

  it('notice that an exception is no longer needed', async () => {
    const problems = await broken('StatefulSet', 'tempo', (object) => {
      object.deleteIn([...container, 'envFrom']);
      object.deleteIn([...container, 'env']);
    });
    expect(problems).toEqual([expect.stringMatching(/CKV_K8S_35 .* covers 8 findings in thesis, and says 9/)]);
  });
});
