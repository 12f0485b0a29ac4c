import { InvalidPropError } from './core/errors';
import { version } from './version';

/** A container image that a construct uses unless it is told another. */
export interface Image {
  /** Registry and repository. */
  readonly repository: string;
  readonly tag: string;
  /** SPDX identifier, or the vendor's name of the licence. */
  readonly licence: string;
  /** Day after which the release line gets no fixes, `YYYY-MM-DD`, or `past` where it ended and no day was announced. */
  readonly endOfLife?: string;
  /** True for an image that is built from this repository (`npm run image`) and pushed to a registry of one's own. */
  readonly builtHere?: boolean;
}

/** Where images come from, if not from the registries of their makers. */
export interface ImageRegistries {
  /**
   * Registry and path of the worker image, as it was given to `npm run image -- --push`: `registry.example.org/team` makes
   * `registry.example.org/team/plumbline-workers`.
   *
   * @default - {@link imageRegistry}, else the registry of this project's releases
   */
  readonly registry?: string;
  /**
   * Registry and path of a mirror that takes the place of every image's own registry: `registry.example.org/mirror` makes
   * `docker.io/grafana/tempo` into `registry.example.org/mirror/grafana/tempo`.
   *
   * @default - each image comes from its own registry
   */
  readonly imageRegistry?: string;
}

/**
 * Every image that is ever rendered. Releases that have ended stay here for as long as an environment names them, with
 * the day they ended.
 */
export const images = {
  redpanda: {
    repository: 'docker.redpanda.com/redpandadata/redpanda',
    tag: 'v25.1.12',
    licence: 'BUSL-1.1',
    endOfLife: '2026-04-07',
  },
  collector: {
    repository: 'ghcr.io/open-telemetry/opentelemetry-collector-releases/opentelemetry-collector-contrib',
    tag: '0.159.0',
    licence: 'Apache-2.0',
  },
  tempo: { repository: 'docker.io/grafana/tempo', tag: '2.8.4', licence: 'AGPL-3.0-only' },
  loki: { repository: 'docker.io/grafana/loki', tag: '3.7.6', licence: 'AGPL-3.0-only' },
  // Its configuration is of 0.57: before, text between `${` and `}` is a variable.
  vector: { repository: 'docker.io/timberio/vector', tag: '0.57.0-distroless-libc', licence: 'MPL-2.0' },
  alloy: { repository: 'docker.io/grafana/alloy', tag: 'v1.18.1', licence: 'Apache-2.0' },
  // Tried with what is nearest to it that can be built: a commit of April 2026, between 3.0.5 and 3.1.0.
  mimir: { repository: 'docker.io/grafana/mimir', tag: '3.1.4', licence: 'AGPL-3.0-only' },
  grafana: { repository: 'docker.io/grafana/grafana', tag: '12.0.2', licence: 'AGPL-3.0-only', endOfLife: 'past' },
  prometheus: { repository: 'quay.io/prometheus/prometheus', tag: 'v3.13.2', licence: 'Apache-2.0' },
  alertmanager: { repository: 'quay.io/prometheus/alertmanager', tag: 'v0.33.1', licence: 'Apache-2.0' },
  // With the release of Debian, so that a new one does not come with an old tag.
  postgres: { repository: 'docker.io/library/postgres', tag: '18.6-trixie', licence: 'PostgreSQL' },
  memcached: { repository: 'docker.io/library/memcached', tag: '1.6.41-alpine', licence: 'BSD-3-Clause' },
  // The newest that the module proxy serves, and so the one that is tried.
  memcachedExporter: { repository: 'quay.io/prometheus/memcached-exporter', tag: 'v0.16.0', licence: 'Apache-2.0' },
  blackboxExporter: { repository: 'quay.io/prometheus/blackbox-exporter', tag: 'v0.28.0', licence: 'Apache-2.0' },
  // 0.20 renames flags and series, and has not been seen with these arguments.
  postgresExporter: {
    repository: 'quay.io/prometheuscommunity/postgres-exporter',
    tag: 'v0.19.1',
    licence: 'Apache-2.0',
  },
  redisExporter: { repository: 'docker.io/oliver006/redis_exporter', tag: 'v1.88.0', licence: 'MIT' },
  mongodbExporter: { repository: 'docker.io/percona/mongodb_exporter', tag: '0.53.0', licence: 'Apache-2.0' },
  nodeExporter: { repository: 'quay.io/prometheus/node-exporter', tag: 'v1.12.1', licence: 'Apache-2.0' },
  kubeStateMetrics: {
    repository: 'registry.k8s.io/kube-state-metrics/kube-state-metrics',
    tag: 'v2.20.0',
    licence: 'Apache-2.0',
  },
  // Of Alpine; started without the supervisor in it, which wants to be root.
  smokeping: { repository: 'lscr.io/linuxserver/smokeping', tag: '2.9.0-r0-ls184', licence: 'GPL-2.0-or-later' },
  smokepingProber: { repository: 'quay.io/superq/smokeping-prober', tag: 'v0.11.0', licence: 'Apache-2.0' },
  /* The variant with drivers of databases and stores, and with basic authentication. Before 3.17 its administrator had a password that
   * everybody knows, unless a file with another was mounted. */
  mlflow: { repository: 'ghcr.io/mlflow/mlflow', tag: 'v3.17.0-full', licence: 'Apache-2.0' },
  airflow: { repository: 'docker.io/apache/airflow', tag: '3.3.2-python3.12', licence: 'Apache-2.0' },
  objectStore: { repository: 'ghcr.io/versity/versitygw', tag: 'v1.8.0', licence: 'Apache-2.0' },
  /* What the OpenTelemetry Operator 0.159 puts into pods of each language. */
  autoInstrumentationJava: {
    repository: 'ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-java',
    tag: '2.31.1',
    licence: 'Apache-2.0',
  },
  autoInstrumentationPython: {
    repository: 'ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-python',
    tag: '0.65b0',
    licence: 'Apache-2.0',
  },
  autoInstrumentationNodejs: {
    repository: 'ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-nodejs',
    tag: '0.78.0',
    licence: 'Apache-2.0',
  },
  autoInstrumentationDotnet: {
    repository: 'ghcr.io/open-telemetry/opentelemetry-operator/autoinstrumentation-dotnet',
    tag: '1.16.0',
    licence: 'Apache-2.0',
  },
  autoInstrumentationGo: {
    repository: 'ghcr.io/open-telemetry/opentelemetry-go-instrumentation/autoinstrumentation-go',
    tag: 'v0.24.0',
    licence: 'Apache-2.0',
  },
  workers: {
    repository: 'ghcr.io/plumbline-observability/plumbline-workers',
    tag: version,
    licence: 'Apache-2.0',
    builtHere: true,
  },
} as const satisfies Record<string, Image>;

/**
 * What a pod spec names.
 *
 * @param registries take the place of the image's own registry
 * @param override a whole reference, with tag or digest, used as it is
 * @throws {InvalidPropError} if `override` has neither tag nor digest, or says `latest`, or a registry is no host and path
 */
export function imageReference(image: Image, registries: ImageRegistries = {}, override?: string): string {
  if (override !== undefined) {
    if (!/(:[\w][\w.-]{0,127}|@sha256:[0-9a-f]{64})$/.test(override) || override.endsWith(':latest')) {
      throw new InvalidPropError('image', override, 'an image with a digest or a tag other than latest');
    }
    return override;
  }
  return `${repositoryOf(image, registries)}:${image.tag}`;
}

function repositoryOf({ repository, builtHere }: Image, { registry, imageRegistry }: ImageRegistries): string {
  if (registry !== undefined && builtHere === true) {
    return `${place('registry', registry)}/${repository.slice(repository.lastIndexOf('/') + 1)}`;
  }
  if (imageRegistry === undefined) return repository;
  return `${place('imageRegistry', imageRegistry)}/${repository.slice(repository.indexOf('/') + 1)}`;
}

/** A registry without the slash at its end. */
function place(prop: string, registry: string): string {
  const trimmed = registry.replace(/\/+$/, '');
  if (!/^[a-zA-Z0-9][a-zA-Z0-9.-]*(:\d{1,5})?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)*$/.test(trimmed)) {
    throw new InvalidPropError(prop, registry, 'a registry and perhaps a path, such as registry.example.org/team');
  }
  return trimmed;
}
