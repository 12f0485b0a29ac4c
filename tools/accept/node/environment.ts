import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseAllDocuments, stringify } from 'yaml';
import { forKafka } from '../../peers';
import { folder, renderedObject, renderedObjects, type RenderedObject } from './objects';
import { passingOn, passingOnPolicy } from './stand-in';

const kafkaPort = 9092;

interface Container {
  readonly name: string;
  readonly image: string;
  readonly ports?: readonly { readonly name: string; readonly containerPort: number }[];
  readonly volumeMounts?: readonly object[];
  readonly securityContext?: object;
}

interface Stateful extends RenderedObject {
  readonly spec: {
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: { readonly containers: readonly Container[] };
    };
  };
}

/**
 * Writes `dist/thesis` with what cannot run here left out, and nothing else changed: Redpanda's pod passes connections on to Kafka
 * outside of the cluster, and the Job of topics asks nothing of Redpanda's own API; Grafana has no replica.
 *
 * @param image of the workers, whose Node.js is what passes connections on
 */
export async function writeEnvironment(directory: string, image: string): Promise<void> {
  await mkdir(directory);
  const redpanda = renderedObject(renderedObjects('streaming'), 'StatefulSet', 'redpanda') as Stateful;
  const { labels } = redpanda.spec.template.metadata;
  for (const file of await readdir(folder)) {
    const documents = parseAllDocuments(await readFile(join(folder, file), 'utf8'));
    const objects = documents.map((document) => changed(document.toJS() as RenderedObject, image));
    if (file === 'streaming.k8s.yaml') {
      objects.push(passingOnPolicy('redpanda', redpanda.metadata.namespace ?? '', labels, [kafkaPort]));
    }
    await writeFile(join(directory, file), objects.map((object) => stringify(object)).join('---\n'));
  }
}

/** Images of the containers of an environment, each once. */
export async function imagesOf(directory: string): Promise<readonly string[]> {
  const texts = await Promise.all((await readdir(directory)).map((file) => readFile(join(directory, file), 'utf8')));
  return Array.from(
    new Set(texts.flatMap((text) => Array.from(text.matchAll(/^ +image: (\S+)$/gm), ([, name = '']) => name))),
  );
}

function changed(object: RenderedObject, image: string): object {
  const { kind, metadata } = object;
  if (kind === 'Deployment' && metadata.name === 'grafana') return { ...object, spec: { ...object.spec, replicas: 0 } };
  if (kind === 'StatefulSet' && metadata.name === 'redpanda') return passedOn(object as Stateful, image);
  const { 'job.json': file, ...others } = object.data ?? {};
  if (metadata.name !== 'redpanda-topics-job' || file === undefined) return object;
  return { ...object, data: { ...others, 'job.json': forKafka(file) } };
}

/** The pod as it is, but for what it starts: claim, ports, user, labels and Services stay. */
function passedOn(object: Stateful, image: string): object {
  const { template } = object.spec;
  const { initContainers: _, ...pod } = template.spec as Stateful['spec']['template']['spec'] & {
    initContainers?: unknown;
  };
  const containers = pod.containers.map(({ name, ports, volumeMounts, securityContext }) => ({
    name,
    image,
    command: passingOn([kafkaPort]),
    ports,
    volumeMounts,
    securityContext,
    resources: { requests: { cpu: '50m', memory: '96Mi' }, limits: { memory: '192Mi' } },
    readinessProbe: { tcpSocket: { port: kafkaPort } },
  }));
  return { ...object, spec: { ...object.spec, template: { ...template, spec: { ...pod, containers } } } };
}
