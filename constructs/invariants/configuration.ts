import { parseAllDocuments } from 'yaml';

import type { Cluster, Workload } from './cluster';
import type { KubeObject } from './model';

/** One string of a workload's configuration and where it stands. */
export interface ConfigurationText {
  readonly object: KubeObject;
  /** `spec.template.spec.containers[0].env[2].value`, or `data.config.yaml:receivers.otlp.endpoint`. */
  readonly path: string;
  readonly text: string;
  /** Name of the setting: the variable's, or the key in the file; absent for arguments and plain text. */
  readonly name?: string;
  /** Ports that stand beside the text, in fields called `port` or `ports`. */
  readonly ports: readonly number[];
}

interface ConfigMapData {
  readonly data?: Readonly<Record<string, string>>;
}

/** Everything that a workload's containers are told: arguments, environment, and the ConfigMap files they mount. */
export function configurationOf(workload: Workload, cluster: Cluster): readonly ConfigurationText[] {
  const { object, containers, namespace } = workload;
  const own = containers.flatMap(({ container, path }) => [
    ...[container.command, container.args].flatMap((words, list) =>
      (words ?? []).map((text, index) => ({
        object,
        path: `${path}.${list === 0 ? 'command' : 'args'}[${index}]`,
        text,
        ports: [],
      })),
    ),
    ...(container.env ?? []).flatMap(({ name, value }, index) =>
      value === undefined ? [] : [{ object, path: `${path}.env[${index}].value`, text: value, name, ports: [] }],
    ),
  ]);
  const mapped = configMapKeysOf(workload).flatMap(({ name, key }) => {
    const map = cluster.find('ConfigMap', namespace, name);
    if (map === undefined) return [];
    const handedOn = podTemplatesIn(map, cluster).map((path) => `${path}.`);
    return configMapTexts(map, key).filter(({ path }) => !handedOn.some((each) => path.startsWith(each)));
  });
  return [...own, ...mapped];
}

/**
 * Where a file has the template of a PodTemplate of its namespace, word for word, in a field `podTemplate`: whoever reads it makes such pods,
 * and what they are told is not told to himself.
 */
function podTemplatesIn(map: KubeObject, cluster: Cluster): readonly string[] {
  const { namespace } = map.metadata;
  const templates = cluster
    .ofKind('PodTemplate')
    .filter(({ metadata }) => metadata.namespace === namespace)
    .map(({ template }) => JSON.stringify(template));
  return Object.entries((map as ConfigMapData).data ?? {})
    .filter(([key, text]) => key.endsWith('.json') && templates.includes(JSON.stringify(podTemplateOf(text))))
    .map(([key]) => `data.${key}:podTemplate`);
}

function podTemplateOf(text: string): unknown {
  const [value] = documentsOf(text) ?? [];
  return typeof value === 'object' && value !== null && 'podTemplate' in value ? value.podTemplate : undefined;
}

/** Every string in a ConfigMap, or in one key of it. */
export function configMapTexts(map: KubeObject, only?: string): readonly ConfigurationText[] {
  return Object.entries((map as ConfigMapData).data ?? {})
    .filter(([key]) => only === undefined || key === only)
    .flatMap(([key, text]) => fileTexts(map, key, text));
}

/** The ConfigMap key that a container sees as the file `path`, and its content. */
export function mountedFile(
  workload: Workload,
  path: string,
  cluster: Cluster,
): { readonly map: KubeObject; readonly key: string; readonly text: string } | undefined {
  for (const { container } of workload.containers) {
    for (const { name, mountPath, subPath } of container.volumeMounts ?? []) {
      const source = workload.pod.volumes?.find((volume) => volume.name === name)?.configMap;
      const map = source?.name === undefined ? undefined : cluster.find('ConfigMap', workload.namespace, source.name);
      if (map === undefined) continue;
      const file = subPath !== undefined && path === mountPath ? subPath : relative(mountPath, path);
      const key = source?.items?.find((item) => item.path === file)?.key ?? file;
      const text = key === undefined ? undefined : (map as ConfigMapData).data?.[key];
      if (key !== undefined && text !== undefined) return { map, key, text };
    }
  }
  return undefined;
}

function relative(folder: string, path: string): string | undefined {
  const prefix = folder.endsWith('/') ? folder : `${folder}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}

/** ConfigMaps that the pods read, by key where only one is read. */
function configMapKeysOf({ pod, containers }: Workload): readonly { readonly name: string; readonly key?: string }[] {
  const references: { name: string; key?: string }[] = [];
  const add = (name: string | undefined, key?: string): void => {
    if (name !== undefined) references.push(key === undefined ? { name } : { name, key });
  };
  for (const { container } of containers) {
    for (const { valueFrom } of container.env ?? []) {
      add(valueFrom?.configMapKeyRef?.name, valueFrom?.configMapKeyRef?.key);
    }
    for (const { configMapRef } of container.envFrom ?? []) add(configMapRef?.name);
  }
  for (const { configMap, projected } of pod.volumes ?? []) {
    for (const source of [configMap, ...(projected?.sources ?? []).map((each) => each.configMap)]) {
      if (source?.items === undefined) add(source?.name);
      else for (const { key } of source.items) add(source.name, key);
    }
  }
  return references.filter(
    ({ name, key }, index) => references.findIndex((other) => other.name === name && other.key === key) === index,
  );
}

/** The documents of a file in YAML or JSON; `undefined` where it is neither. */
function documentsOf(text: string): readonly unknown[] | undefined {
  // Dashboards are long, and JSON is read thirty times as fast.
  if (/^\s*[{[]/.test(text)) {
    try {
      const value: unknown = JSON.parse(text);
      return [value];
    } catch {
      // YAML may begin so, too.
    }
  }
  const documents = parseAllDocuments(text);
  const isRead = Array.isArray(documents) && documents.every(({ errors }) => errors.length === 0);
  return isRead ? documents.map((document) => document.toJS() as unknown) : undefined;
}

function fileTexts(map: KubeObject, key: string, text: string): readonly ConfigurationText[] {
  const path = `data.${key}`;
  if (/\.(ya?ml|json)$/.test(key)) {
    const documents = documentsOf(text);
    if (documents !== undefined) return documents.flatMap((each) => valueTexts(map, `${path}:`, each, undefined, []));
  }
  const lines = text.split('\n').filter((line) => !/^\s*([#;]|\/\/)/.test(line));
  return lines.map((line) => {
    const name = /^\s*(?:export\s+)?([\w.-]+)\s*[:=]/.exec(line)?.[1];
    const value = name === undefined ? line : line.replace(/^[^:=]*[:=]\s*/, '');
    return { object: map, path, text: value, ports: [], ...(name === undefined ? {} : { name }) };
  });
}

function valueTexts(
  object: KubeObject,
  path: string,
  value: unknown,
  name: string | undefined,
  ports: readonly number[],
): readonly ConfigurationText[] {
  if (typeof value === 'string') return [{ object, path, text: value, ports, ...(name === undefined ? {} : { name }) }];
  if (Array.isArray(value)) {
    return value.flatMap((item, index) => valueTexts(object, `${path}[${index}]`, item, name, ports));
  }
  if (typeof value !== 'object' || value === null) return [];
  const fields = value as Readonly<Record<string, unknown>>;
  const beside = [fields.port, fields.ports].flat().map(Number).filter(Number.isInteger);
  return Object.entries(fields).flatMap(([key, item]) =>
    valueTexts(
      object,
      path.endsWith(':') ? `${path}${key}` : `${path}.${key}`,
      item,
      key,
      beside.length > 0 ? beside : [],
    ),
  );
}
