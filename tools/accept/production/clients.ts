import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeCluster } from '../node/cluster';
import { apply, containerOf, podsOf } from '../node/objects';

const script = 'client.mjs';

/** A pod from which `client.mjs` is run. */
export interface ClientPod {
  readonly name: string;
  readonly namespace: string;
  /** What policies select it by, besides its name. */
  readonly labels?: Readonly<Record<string, string>>;
  /** @default - it does nothing by itself */
  readonly runs?: readonly [work: string, options: object];
}

/** An answer, by HTTP. */
export interface Answer {
  /** 0 when nobody answered. */
  readonly status: number;
  readonly ms: number;
  /** Body, or why nobody answered. */
  readonly text?: string;
}

/** Pods that send and ask as applications and people do, from inside of the cluster and through its policies. */
export class Clients {
  /** @param image with Node.js */
  constructor(
    private readonly cluster: NodeCluster,
    private readonly image: string,
    private readonly authorityFile: string,
  ) {}

  async start({ name, namespace, labels = {}, runs = ['wait', {}] }: ClientPod): Promise<void> {
    const files = {
      [script]: await readFile(join(__dirname, script), 'utf8'),
      'ca.crt': await readFile(this.authorityFile, 'utf8'),
    };
    const metadata = { name, namespace };
    const [work, options] = runs;
    const container = {
      name: 'client',
      image: this.image,
      command: ['/nodejs/bin/node', `/client/${script}`, work, JSON.stringify(options)],
      resources: { requests: { cpu: '20m', memory: '64Mi' }, limits: { memory: '256Mi' } },
      securityContext: {
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        readOnlyRootFilesystem: true,
      },
      volumeMounts: [{ name: 'client', mountPath: '/client', readOnly: true }],
    };
    await apply(this.cluster.kubectl, [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: files },
      {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { ...metadata, labels: { 'app.kubernetes.io/name': name, ...labels } },
        spec: {
          automountServiceAccountToken: false,
          containers: [container],
          securityContext: { runAsNonRoot: true, runAsUser: 65532, seccompProfile: { type: 'RuntimeDefault' } },
          terminationGracePeriodSeconds: 2,
          volumes: [{ name: 'client', configMap: { name } }],
        },
      },
    ]);
    const wait = ['wait', 'pod', name, `--namespace=${namespace}`, '--for=condition=Ready', '--timeout=60s'];
    await this.cluster.kubectl(wait);
  }

  /** Runs work in a pod. @returns what it printed */
  async run({ name, namespace }: ClientPod, work: string, options: object): Promise<string> {
    const [pod] = await podsOf(this.cluster.kubectl, namespace, name);
    if (pod === undefined) throw new Error(`there is no pod ${name}`);
    const command = ['/nodejs/bin/node', `/client/${script}`, work, JSON.stringify(options)];
    return this.cluster.execute(containerOf(pod), command);
  }

  /** Asks a server from a pod. */
  async ask(pod: ClientPod, base: string, path: string): Promise<Answer> {
    const [answer] = await this.askAll(pod, base, [path], true);
    return answer ?? { status: 0, ms: 0 };
  }

  /** Several at once. */
  async askAll(pod: ClientPod, base: string, paths: readonly string[], texts = false): Promise<readonly Answer[]> {
    return JSON.parse(await this.run(pod, 'get', { base, paths, texts })) as readonly Answer[];
  }

  /** Lines that a pod has printed, each an object. */
  async printed({ name, namespace }: ClientPod): Promise<readonly unknown[]> {
    const text = await this.cluster.logs(namespace, name);
    return Array.from(text.matchAll(/^\S+ stdout F (\{.*\})$/gm), ([, line = '']) => JSON.parse(line) as unknown);
  }
}
