import { alertmanager } from './alertmanager';
import { argoCd } from './argocd';
import { collector } from './collector';
import { debianPrograms } from './debian';
import { goInstall, goPrograms } from './go';
import { kafkaJars } from './kafka';
import { pythonEnvironment } from './python';
import { tfjsNode } from './tfjs-node';
import type { Tool } from './tool';

const kubernetesVersion = '1.36.3';
const versionPackages = ['k8s.io/component-base/version', 'k8s.io/client-go/pkg/version'];
/** What a Kubernetes program says of its version. */
function kubernetesVariables(version: string): Readonly<Record<string, string>> {
  const [major = '', minor = ''] = version.split('.');
  return Object.fromEntries(
    versionPackages.flatMap((path) => [
      [`${path}.gitVersion`, `v${version}`],
      [`${path}.gitMajor`, major],
      [`${path}.gitMinor`, minor],
      [`${path}.gitTreeState`, 'clean'],
      [`${path}.buildDate`, '1970-01-01T00:00:00Z'],
    ]),
  );
}

/** The API server of a minor version older than the one that the tests run against, as `kube-apiserver-<minor>`. */
function olderApiServer(minor: string, patch: string): Tool {
  const version = `${minor}.${patch}`;
  return goPrograms({
    name: `kubernetes-${minor}`,
    version,
    estimate: '10 min',
    programs: { [`kube-apiserver-${minor}`]: '.' },
    variables: kubernetesVariables(version),
    sources: ['main.go'],
    pureGo: true,
    onDemand: true,
  });
}

/** Everything that can be installed, in this order: what is quick and most used comes first. */
export const catalog = {
  kafka: kafkaJars('4.4.0'),
  python: pythonEnvironment({ name: 'python', version: 'pyarrow 26.0.1, duckdb 2.0.0', estimate: '10 s' }),
  spark: pythonEnvironment({
    name: 'spark',
    version: '4.0.1',
    estimate: '2 min',
    fromSource: 'pyspark',
    onDemand: true,
  }),
  'scikit-learn': pythonEnvironment({ name: 'scikit-learn', version: '1.9.1', estimate: '30 s' }),
  checkov: pythonEnvironment({ name: 'checkov', version: '3.3.30', estimate: '30 s', commands: ['checkov'] }),
  // Without the libraries of models, which the server does not need, and with Flask-WTF, which its logins do.
  mlflow: pythonEnvironment({ name: 'mlflow', version: '3.17.2', estimate: '1 min', commands: ['mlflow'] }),
  airflow: pythonEnvironment({
    name: 'airflow',
    version: '3.3.2, with its providers for Kubernetes and FAB',
    estimate: '2 min',
    commands: ['airflow'],
    onDemand: true,
  }),
  fastapi: pythonEnvironment({
    name: 'fastapi',
    version: '0.165.0, with its instrumentator 8.0.2',
    estimate: '20 s',
    commands: ['uvicorn'],
  }),
  moto: pythonEnvironment({ name: 'moto', version: '5.2.5', estimate: '30 s', commands: ['moto_server'] }),
  vrl: pythonEnvironment({ name: 'vrl', version: '0.1.0', estimate: '10 s' }),
  zizmor: pythonEnvironment({ name: 'zizmor', version: '1.32.0', estimate: '10 s', commands: ['zizmor'] }),
  'kube-score': goInstall('kube-score', '1.20.0', 'github.com/zegl/kube-score/cmd/kube-score', '30 s'),
  versitygw: goPrograms({
    name: 'versitygw',
    version: '1.8.0',
    estimate: '1 min',
    programs: { versitygw: 'github.com/versity/versitygw/cmd/versitygw' },
    pureGo: true,
  }),
  telemetrygen: goInstall(
    'telemetrygen',
    '0.157.0',
    'github.com/open-telemetry/opentelemetry-collector-contrib/cmd/telemetrygen',
    '1 min',
  ),
  otelcol: collector('0.159.0'),
  tempo: goPrograms({
    name: 'tempo',
    // The module carries no v2 tags; go.mod names the commit two after 2.8.0-rc.0.
    version: '2.8.0',
    estimate: '2 min',
    programs: { tempo: 'github.com/grafana/tempo/cmd/tempo' },
    variables: {
      'main.Version': '2.8.0-rc.0+87c2dc380cec',
      'main.Branch': 'none',
      'main.Revision': '87c2dc380cec',
    },
  }),
  prometheus: goPrograms({
    name: 'prometheus',
    version: '3.13.2',
    estimate: '2 min',
    programs: {
      prometheus: 'github.com/prometheus/prometheus/cmd/prometheus',
      promtool: 'github.com/prometheus/prometheus/cmd/promtool',
    },
    tags: ['remove_all_sd', 'enable_kubernetes_sd', 'enable_dns_sd'],
    variables: { 'github.com/prometheus/common/version.Version': '3.13.2' },
  }),
  alertmanager: alertmanager('0.33.1'),
  loki: goPrograms({
    name: 'loki',
    version: '3.7.6',
    estimate: '7 min',
    programs: { loki: 'github.com/grafana/loki/v3/cmd/loki' },
    variables: { 'github.com/grafana/loki/v3/pkg/util/build.Version': '3.7.6' },
  }),
  // The only commit that the module proxy serves, of April 2026: between 3.0.5 and 3.1.0.
  mimir: goPrograms({
    name: 'mimir',
    version: '3.1.0-dev',
    estimate: '8 min',
    programs: { mimir: 'github.com/grafana/mimir/cmd/mimir' },
    variables: { 'github.com/grafana/mimir/pkg/util/version.Version': '3.1.0-dev+aced80d74930' },
    pureGo: true,
  }),
  // Its own runtime with the components of the log agent: all of them would be some hundred modules more, not all of which are served.
  alloy: goPrograms({
    name: 'alloy',
    version: '1.18.1',
    estimate: '7 min',
    programs: { alloy: '.' },
    variables: { 'github.com/grafana/alloy/internal/build.Version': 'v1.18.1' },
    sources: ['main.go'],
  }),
  node_exporter: goInstall('node_exporter', '1.12.1', 'github.com/prometheus/node_exporter', '1 min'),
  blackbox_exporter: goPrograms({
    name: 'blackbox_exporter',
    version: '0.28.0',
    estimate: '1 min',
    programs: { blackbox_exporter: 'github.com/prometheus/blackbox_exporter' },
    variables: { 'github.com/prometheus/common/version.Version': '0.28.0' },
    pureGo: true,
  }),
  // The newest that the module proxy serves, and so the one that is deployed.
  postgres_exporter: goPrograms({
    name: 'postgres_exporter',
    version: '0.19.1',
    estimate: '1 min',
    programs: { postgres_exporter: 'github.com/prometheus-community/postgres_exporter/cmd/postgres_exporter' },
    variables: { 'github.com/prometheus/common/version.Version': '0.19.1' },
    pureGo: true,
  }),
  redis_exporter: goPrograms({
    name: 'redis_exporter',
    version: '1.88.0',
    estimate: '30 s',
    programs: { redis_exporter: 'github.com/oliver006/redis_exporter' },
    variables: { 'main.BuildVersion': 'v1.88.0' },
    pureGo: true,
  }),
  // The newest that the module proxy serves; 0.53 is deployed. Without a MongoDB it shows which flags it takes.
  mongodb_exporter: goPrograms({
    name: 'mongodb_exporter',
    version: '0.51.0',
    estimate: '1 min',
    programs: { mongodb_exporter: 'github.com/percona/mongodb_exporter' },
    variables: { 'main.version': '0.51.0' },
    pureGo: true,
  }),
  redis: debianPrograms({
    name: 'redis',
    version: '7.0.15',
    packages: ['redis-server', 'redis-tools'],
    programs: { 'redis-server': 'usr/bin/redis-server', 'redis-cli': 'usr/bin/redis-cli' },
    estimate: '20 s',
  }),
  mtr: debianPrograms({
    name: 'mtr',
    version: '0.95',
    packages: ['mtr-tiny'],
    programs: { mtr: 'usr/bin/mtr' },
    env: { MTR_PACKET: '$root/usr/bin/mtr-packet' },
    estimate: '20 s',
  }),
  // Of the kernel's newer interface: what Debian links `iptables` to.
  iptables: debianPrograms({
    name: 'iptables',
    version: '1.8.9',
    packages: ['iptables'],
    programs: { iptables: 'usr/sbin/iptables-nft', 'iptables-restore': 'usr/sbin/iptables-nft-restore' },
    env: { XTABLES_LIBDIR: '$root/usr/lib/$machine/xtables' },
    estimate: '20 s',
  }),
  smokeping: debianPrograms({
    name: 'smokeping',
    version: '2.7.3',
    packages: ['smokeping', 'fping', 'apache2-bin', 'libapache2-mod-fcgid'],
    programs: {
      smokeping: 'usr/sbin/smokeping',
      smokeping_cgi: 'usr/share/smokeping/smokeping.cgi',
      fping: 'usr/bin/fping',
      apache2: 'usr/sbin/apache2',
    },
    // Modules in C are in a folder of Perl's version.
    env: { PERL5LIB: '$root/usr/share/perl5$(printf :%s "$root"/usr/lib/$machine/perl5/*)' },
    estimate: '30 s',
  }),
  // The Go module proxy has no version of it; the series are the same, with fewer labels.
  smokeping_prober: debianPrograms({
    name: 'smokeping_prober',
    version: '0.6.1',
    packages: ['prometheus-smokeping-prober'],
    programs: { smokeping_prober: 'usr/bin/prometheus-smokeping-prober' },
    estimate: '20 s',
  }),
  etcd: goPrograms({
    name: 'etcd',
    version: '3.6.16',
    estimate: '20 s',
    programs: { etcd: 'go.etcd.io/etcd/server/v3' },
    pureGo: true,
  }),
  kubernetes: goPrograms({
    name: 'kubernetes',
    version: kubernetesVersion,
    estimate: '3 min',
    programs: { hyperkube: '.' },
    aliases: { 'kube-apiserver': 'hyperkube', kubectl: 'hyperkube' },
    variables: kubernetesVariables(kubernetesVersion),
    sources: ['main.go'],
    pureGo: true,
  }),
  // After the API server, with which it shares most of what is compiled.
  'kube-state-metrics': goPrograms({
    name: 'kube-state-metrics',
    version: '2.20.0',
    estimate: '2 min',
    programs: { 'kube-state-metrics': 'k8s.io/kube-state-metrics/v2' },
    variables: { 'github.com/prometheus/common/version.Version': '2.20.0' },
    pureGo: true,
  }),
  controllers: goPrograms({
    name: 'controllers',
    version: kubernetesVersion,
    estimate: '2 min',
    programs: { 'kube-controllers': '.' },
    aliases: { 'kube-controller-manager': 'kube-controllers', 'kube-scheduler': 'kube-controllers' },
    variables: kubernetesVariables(kubernetesVersion),
    sources: ['main.go'],
    pureGo: true,
  }),
  'kube-node': goPrograms({
    name: 'kube-node',
    version: kubernetesVersion,
    estimate: '3 min',
    programs: { 'kube-node': '.' },
    aliases: { kubelet: 'kube-node', 'kube-proxy': 'kube-node' },
    variables: kubernetesVariables(kubernetesVersion),
    sources: ['main.go'],
    pureGo: true,
    onDemand: true,
  }),
  coredns: goPrograms({
    name: 'coredns',
    version: '1.15.0',
    estimate: '1 min',
    programs: { coredns: '.' },
    sources: ['main.go'],
    pureGo: true,
    onDemand: true,
  }),
  pause: goPrograms({
    name: 'pause',
    version: '1',
    estimate: '1 s',
    programs: { pause: '.' },
    sources: ['main.go'],
    pureGo: true,
    onDemand: true,
  }),
  argocd: argoCd('3.2.11'),
  kwok: goInstall('kwok', '0.8.0', 'sigs.k8s.io/kwok/cmd/kwok', '2 min'),
  'tfjs-node': tfjsNode('4.22.0'),
  'kubernetes-1.35': olderApiServer('1.35', '4'),
  'kubernetes-1.34': olderApiServer('1.34', '4'),
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof catalog;
