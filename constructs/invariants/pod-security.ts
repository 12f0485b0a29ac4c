import type { V1SecurityContext } from '@kubernetes/client-node';

import { baselineCapabilities } from '../core/security-profile';
import type { PlacedContainer, Workload } from './cluster';
import { podPath } from './cluster';
import { allowsAnnotation, declarationOf, profileAnnotation, reasonAnnotation, reasonOf } from './exceptions';
import { invariant } from './invariant';
import type { Finding } from './model';

/** Volume types of the restricted profile. */
const volumeTypes = [
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
];
const seccompTypes = ['RuntimeDefault', 'Localhost'];
const seLinuxTypes = ['', 'container_t', 'container_init_t', 'container_kvm_t'];
const safeSysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
];
const appArmorAnnotation = /^container\.apparmor\.security\.beta\.kubernetes\.io\//;

/** What the baseline standard allows and the restricted one does not. */
const baselineAllows = new Set([
  'privilege escalation',
  'user root',
  ...baselineCapabilities.map((name) => `capability ${name}`),
]);

/** The restricted profile of https://kubernetes.io/docs/concepts/security/pod-security-standards/, control by control. */
export const podSecurity = invariant(
  'pod-security-restricted',
  'Every pod meets the restricted Pod Security Standard: all of its controls and those of the baseline. What it does not meet is declared line by line, with a reason, in annotations of the object that makes the pod; nothing is declared that the pod does not use, and a mount of the node is read-only unless it is declared writable.',
  'The namespaces enforce the profile, so the API server refuses any other pod.',
  ({ workloads }) =>
    workloads.flatMap((workload) => [
      ...declarationFindings(workload),
      ...podFindings(workload),
      ...containerFindings(workload),
    ]),
);

/** A declaration without a reason, of more than its profile may be, or of more than the pod uses. */
function declarationFindings(workload: Workload): readonly Finding[] {
  const { object, pod, containers } = workload;
  const { profile, allows } = declarationOf(object);
  const named = object.metadata.annotations?.[profileAnnotation];
  if (named !== undefined && reasonOf(object) === undefined)
    return [{ object, path: `metadata.annotations.${reasonAnnotation}`, message: `is missing: why is it ${named}?` }];
  const contexts = [pod.securityContext, ...containers.map(({ container }) => container.securityContext)];
  const writable = new Set(hostMounts(workload).flatMap(({ readOnly, host }) => (readOnly ? [] : [host])));
  const used = new Set([
    ...containers.flatMap(({ container: { securityContext } }) => [
      ...(securityContext?.capabilities?.add ?? []).map((name) => `capability ${name}`),
      ...(securityContext?.allowPrivilegeEscalation === true ? ['privilege escalation'] : []),
    ]),
    ...(pod.hostNetwork === true ? ['host network'] : []),
    ...(pod.volumes ?? []).flatMap(({ hostPath }) =>
      hostPath === undefined ? [] : [`host path ${hostPath.path}${writable.has(hostPath.path) ? ', writable' : ''}`],
    ),
    ...(contexts.some((context) => context?.runAsUser === 0) ? ['user root'] : []),
  ]);
  const path = `metadata.annotations.${allowsAnnotation}`;
  return Array.from(allows).flatMap((line): Finding[] => {
    if (profile === 'baseline' && !baselineAllows.has(line))
      return [{ object, path, message: `${line} is more than the profile baseline may be` }];
    return used.has(line) ? [] : [{ object, path, message: `${line} is declared, and no pod uses it` }];
  });
}

/** Mounts of parts of the node. */
function hostMounts({ pod, containers }: Workload): readonly {
  readonly host: string;
  readonly readOnly: boolean;
  readonly path: string;
}[] {
  const hosts = new Map((pod.volumes ?? []).map(({ name, hostPath }) => [name, hostPath?.path]));
  return containers.flatMap(({ container, path }) =>
    (container.volumeMounts ?? []).flatMap(({ name, readOnly = false }, index) => {
      const host = hosts.get(name);
      return host === undefined ? [] : [{ host, readOnly, path: `${path}.volumeMounts[${index}]` }];
    }),
  );
}

function podFindings(workload: Workload): readonly Finding[] {
  const { object, pod, annotations } = workload;
  const { allows } = declarationOf(object);
  const found: Finding[] = [];
  const report = (field: string, message: string) => found.push({ object, path: podPath(workload, field), message });
  for (const field of ['hostNetwork', 'hostPID', 'hostIPC'] as const) {
    if (pod[field] === true && !(field === 'hostNetwork' && allows.has('host network')))
      report(field, "shares the node's namespace");
  }
  for (const [index, volume] of (pod.volumes ?? []).entries()) {
    for (const type of Object.keys(volume)) {
      const host = type === 'hostPath' ? `host path ${volume.hostPath?.path}` : '';
      if (allows.has(host) || allows.has(`${host}, writable`)) continue;
      if (type !== 'name' && !volumeTypes.includes(type))
        report(`volumes[${index}]`, `volume type ${type} is not allowed`);
    }
  }
  for (const { host, readOnly, path } of hostMounts(workload)) {
    if (!readOnly && !allows.has(`host path ${host}, writable`))
      found.push({ object, path, message: `may write to ${host} of the node, undeclared` });
  }
  for (const [index, { name }] of (pod.securityContext?.sysctls ?? []).entries()) {
    if (!safeSysctls.includes(name)) report(`securityContext.sysctls[${index}]`, `sysctl ${name} is not a safe one`);
  }
  for (const [key, value] of Object.entries(annotations)) {
    if (appArmorAnnotation.test(key) && value !== 'runtime/default' && !value.startsWith('localhost/')) {
      found.push({
        object,
        path: `${workload.path}.metadata.annotations.${key}`,
        message: `AppArmor profile ${value}`,
      });
    }
  }
  const { securityContext } = pod;
  if (securityContext?.runAsUser === 0 && !allows.has('user root')) report('securityContext.runAsUser', 'runs as root');
  if (securityContext?.windowsOptions?.hostProcess === true) {
    report('securityContext.windowsOptions.hostProcess', 'runs on the host');
  }
  const seccomp = securityContext?.seccompProfile?.type;
  if (seccomp !== undefined && !seccompTypes.includes(seccomp)) {
    report('securityContext.seccompProfile.type', `${seccomp} is not allowed`);
  }
  found.push(...seLinuxFindings(workload, podPath(workload, 'securityContext'), securityContext?.seLinuxOptions));
  return found;
}

function containerFindings(workload: Workload): readonly Finding[] {
  const { object, pod, containers } = workload;
  const { allows } = declarationOf(object);
  const root = allows.has('user root');
  return containers.flatMap(({ container, path }: PlacedContainer) => {
    const context = container.securityContext;
    const at = `${path}.securityContext`;
    const rules: readonly (readonly [broken: boolean, field: string, message: string])[] = [
      [context?.privileged === true, 'privileged', 'is privileged'],
      [
        context?.allowPrivilegeEscalation !== false && !allows.has('privilege escalation'),
        'allowPrivilegeEscalation',
        'must be false',
      ],
      [(context?.runAsNonRoot ?? pod.securityContext?.runAsNonRoot) !== true && !root, 'runAsNonRoot', 'must be true'],
      [context?.runAsUser === 0 && !root, 'runAsUser', 'runs as root'],
      [(context?.procMount ?? 'Default') !== 'Default', 'procMount', 'must be Default'],
      [context?.windowsOptions?.hostProcess === true, 'windowsOptions.hostProcess', 'runs on the host'],
      [
        !seccompTypes.includes((context?.seccompProfile ?? pod.securityContext?.seccompProfile)?.type ?? ''),
        'seccompProfile.type',
        `must be ${seccompTypes.join(' or ')}`,
      ],
      [context?.capabilities?.drop?.includes('ALL') !== true, 'capabilities.drop', 'must contain ALL'],
      [
        context?.capabilities?.add?.some((name) => name !== 'NET_BIND_SERVICE' && !allows.has(`capability ${name}`)) ===
          true,
        'capabilities.add',
        'may add NET_BIND_SERVICE and what is declared only',
      ],
    ];
    const hostPorts = (container.ports ?? []).flatMap(({ hostPort }, index) =>
      hostPort === undefined || hostPort === 0
        ? []
        : [{ object, path: `${path}.ports[${index}].hostPort`, message: `takes port ${hostPort} of the node` }],
    );
    return [
      ...rules.filter(([broken]) => broken).map(([, field, message]) => ({ object, path: `${at}.${field}`, message })),
      ...hostPorts,
      ...seLinuxFindings(workload, at, context?.seLinuxOptions),
    ];
  });
}

function seLinuxFindings(
  { object }: Workload,
  path: string,
  options: V1SecurityContext['seLinuxOptions'],
): readonly Finding[] {
  if (options === undefined) return [];
  const allowed = seLinuxTypes.includes(options.type ?? '') && !options.user && !options.role;
  return allowed ? [] : [{ object, path: `${path}.seLinuxOptions`, message: 'sets an SELinux type, user or role' }];
}
