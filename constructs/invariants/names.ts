import type { Cluster, Workload } from './cluster';
import { podPath } from './cluster';
import { invariant } from './invariant';
import type { Finding, KubeObject } from './model';

const label = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const serviceLabel = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const qualifiedName = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/;
const labelValue = /^([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?$/;
const portName = /^(?=.{1,15}$)(?=.*[a-z])(?!.*--)[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const configKey = /^[-._a-zA-Z0-9]{1,253}$/;
const environmentName = /^[-._a-zA-Z][-._a-zA-Z0-9]*$/;

/**
 * Longest name of a kind, in characters, where the general limit of 253 is too much: pods and label values made from the
 * name have 63, and a StatefulSet or CronJob appends up to 11.
 */
const longest: Readonly<Record<string, number>> = {
  Namespace: 63,
  Service: 63,
  Deployment: 63,
  DaemonSet: 63,
  Job: 63,
  StatefulSet: 52,
  CronJob: 52,
};

export const namesValid = invariant(
  'names-valid',
  'Names, label keys and values, container, volume and port names, ConfigMap keys and environment names keep the API’s form and length.',
  'The API server refuses them, or a controller fails later on a name that it makes longer.',
  (cluster: Cluster) => [
    ...cluster.objects.flatMap((object) => [...nameFindings(object), ...labelFindings(object)]),
    ...cluster.workloads.flatMap(podFindings),
    ...cluster.services.flatMap(({ object, value }) =>
      (value.spec?.ports ?? []).flatMap(({ name }, index) =>
        name === undefined || label.test(name) ? [] : [invalid(object, `spec.ports[${index}].name`, name)],
      ),
    ),
    ...cluster.ofKind('ConfigMap').flatMap((object) =>
      Object.keys({ ...(object.data as object | undefined), ...(object.binaryData as object | undefined) })
        .filter((key) => !configKey.test(key))
        .map((key) => invalid(object, 'data', key)),
    ),
  ],
);

function nameFindings(object: KubeObject): readonly Finding[] {
  const { kind, metadata } = object;
  // RBAC names are path segments, in which `system:node` is as good as any.
  if (/^(Cluster)?Role(Binding)?$/.test(kind)) {
    return /^[^/%]{1,253}$/.test(metadata.name) ? [] : [invalid(object, 'metadata.name', metadata.name)];
  }
  const form = kind === 'Service' ? serviceLabel : longest[kind] === undefined ? subdomain : label;
  const length = longest[kind] ?? 253;
  return form.test(metadata.name) && metadata.name.length <= length
    ? []
    : [{ object, path: 'metadata.name', message: `${metadata.name} is no DNS name of at most ${length} characters` }];
}

function labelFindings(object: KubeObject): readonly Finding[] {
  const { labels = {}, annotations = {} } = object.metadata;
  return [
    ...labelsFindings(object, 'metadata.labels', labels),
    ...Object.keys(annotations)
      .filter((key) => !isQualified(key))
      .map((key) => invalid(object, 'metadata.annotations', key)),
  ];
}

function labelsFindings(object: KubeObject, path: string, labels: Readonly<Record<string, string>>): Finding[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...(isQualified(key) ? [] : [invalid(object, path, key)]),
    ...(labelValue.test(value) ? [] : [invalid(object, `${path}.${key}`, value)]),
  ]);
}

function podFindings(workload: Workload): readonly Finding[] {
  const { object, pod, containers, labels, path } = workload;
  const found = path === '' ? [] : labelsFindings(object, `${path}.metadata.labels`, labels);
  for (const [index, { name }] of (pod.volumes ?? []).entries()) {
    if (!isLabel(name)) found.push(invalid(object, podPath(workload, `volumes[${index}].name`), name));
  }
  const names = new Set<string>();
  for (const { container, path: at } of containers) {
    if (!isLabel(container.name)) found.push(invalid(object, `${at}.name`, container.name));
    if (names.has(container.name))
      found.push({ object, path: `${at}.name`, message: `${container.name} occurs twice` });
    names.add(container.name);
    for (const [index, { name }] of (container.ports ?? []).entries()) {
      if (name !== undefined && !portName.test(name)) found.push(invalid(object, `${at}.ports[${index}].name`, name));
    }
    const variables = new Set<string>();
    for (const [index, { name }] of (container.env ?? []).entries()) {
      if (!environmentName.test(name)) found.push(invalid(object, `${at}.env[${index}].name`, name));
      if (variables.has(name))
        found.push({ object, path: `${at}.env[${index}].name`, message: `${name} is set twice` });
      variables.add(name);
    }
  }
  return found;
}

function isLabel(name: string): boolean {
  return label.test(name) && name.length <= 63;
}

/** `name` or `prefix/name`, the form of label and annotation keys. */
function isQualified(key: string): boolean {
  const [name = '', prefix, ...rest] = key.split('/').reverse();
  return (
    qualifiedName.test(name) &&
    rest.length === 0 &&
    (prefix === undefined || (subdomain.test(prefix) && prefix.length <= 253))
  );
}

function invalid(object: KubeObject, path: string, name: string): Finding {
  return { object, path, message: `${JSON.stringify(name)} has not the form the API asks for` };
}
