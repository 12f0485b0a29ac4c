import { z } from 'zod';
import { VerifyError } from '../../verify/check';
import { error, warning, type DoctorCheck, type Finding } from '../check';

const versionSchema = z.object({ gitVersion: z.string(), major: z.string(), minor: z.string() });
const nodeSchema = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ nodeInfo: z.object({ kubeletVersion: z.string() }).optional() }).prefault({}),
});

/** Oldest minor version of Kubernetes that manifests are rendered for. */
export const oldestServedMinor = 28;
/** Minor versions that a kubelet may be behind, https://kubernetes.io/releases/version-skew-policy/#kubelet */
const kubeletMayLag = 3;
/** Tokens and certificates are judged by clocks; leases of nodes last 40 s. */
const mostSkewMs = 10_000;

export const connection: DoctorCheck = {
  name: 'connection',
  claim: 'the API server answers, and knows this user',
  symptom: 'commands end with "does not answer", 401, or a certificate that is not trusted',
  needsCluster: true,
  async run({ cluster, kubectl }) {
    const { api, context } = cluster;
    const where = `${api.server}, context ${context}`;
    const contexts = `${kubectl} config get-contexts; ${kubectl} cluster-info`;
    let answer;
    try {
      answer = await api.send({ method: 'GET', path: '/api' });
    } catch (cause) {
      if (!(cause instanceof VerifyError)) throw cause;
      return { seen: where, findings: [error(cause.message, where, contexts)] };
    }
    const findings: Finding[] = [];
    if (answer.status === 401) {
      findings.push(
        error('the API server does not know this user', where, `log in again, then ${kubectl} auth whoami`),
      );
    } else if (answer.status !== 200 && answer.status !== 403) {
      findings.push(error(`answers ${answer.status}`, where, contexts));
    }
    return { seen: where, findings };
  },
};

export const clock: DoctorCheck = {
  name: 'clock',
  claim: 'the clocks of this machine and of the API server agree',
  symptom: 'logins fail at once, and traces sent from here lie outside of what Grafana shows',
  needsCluster: true,
  async run({ cluster: { api }, now }) {
    const before = now();
    const { dateMs } = await api.send({ method: 'GET', path: '/version' });
    const after = now();
    if (dateMs === undefined)
      throw new VerifyError('the API server does not tell the time', 'compare it by hand: date -u');
    // The header has whole seconds, so it may be as much behind.
    const skewMs = dateMs > after ? dateMs - after : Math.min(0, dateMs + 1_000 - before);
    const seconds = Math.round(Math.abs(skewMs) / 1000);
    const findings =
      Math.abs(skewMs) <= mostSkewMs
        ? []
        : [
            error(
              `this clock is ${seconds} s ${skewMs > 0 ? 'behind' : 'ahead of'} that of the API server`,
              'this machine',
              'timedatectl set-ntp true',
            ),
          ];
    return { seen: `${seconds} s apart`, findings };
  },
};

export const versions: DoctorCheck = {
  name: 'versions',
  claim: `Kubernetes is 1.${oldestServedMinor} or newer, and kubelets fit to it`,
  symptom: 'fields are refused as unknown, or dropped without a word',
  needsCluster: true,
  async run({ cluster: { api }, list, kubectl }) {
    const version = versionSchema.parse(await api.get('/version'));
    const minor = minorOf(version.gitVersion) ?? 0;
    const findings: Finding[] = [];
    if (minor < oldestServedMinor) {
      const problem = `${version.gitVersion} is older than 1.${oldestServedMinor}, which manifests are rendered for`;
      findings.push(error(problem, api.server, 'kubeadm upgrade plan, or what upgrades your cluster'));
    }
    const nodes = (await list('/api/v1/nodes')).map((node) => nodeSchema.parse(node));
    for (const { metadata, status } of nodes) {
      const kubelet = minorOf(status.nodeInfo?.kubeletVersion ?? '');
      if (kubelet === undefined || (kubelet <= minor && kubelet >= minor - kubeletMayLag)) continue;
      const problem = `kubelet ${status.nodeInfo?.kubeletVersion ?? ''} does not fit to ${version.gitVersion}`;
      findings.push(warning(problem, `Node/${metadata.name}`, `${kubectl} get nodes -o wide; upgrade that node`));
    }
    return { seen: `${version.gitVersion}, ${nodes.length} nodes`, findings };
  },
};

function minorOf(version: string): number | undefined {
  const minor = /^v?1\.(\d+)/.exec(version)?.[1];
  return minor === undefined ? undefined : Number(minor);
}
