import { posix } from 'node:path';
import { defined } from '../core/defined';
import type { LogExport, LogPush } from '../core/log-destination';
import { annotationPrefix } from '../core/naming';
import type { ServerTls } from '../core/server-tls';
import { tenantHeader } from '../core/tenancy';
import { tlsSettings, type TlsNames } from '../core/tls-settings';
import {
  joined,
  reference,
  variable,
  type AlloyBlock,
  type AlloyBody,
  type AlloyFile,
  type AlloyValue,
} from './alloy-syntax';
import { containerStages, journalStages, type LogStagesOptions } from './log-stages';

/** What a {@link logAgentConfig} depends on. */
export interface LogAgentConfigOptions extends LogStagesOptions {
  /** Where lines are sent, by {@link LogStagesOptions.protocol}. */
  readonly store: LogPush | LogExport;
  /** @default - none: the store has one tenant */
  readonly tenant?: string;
  /** Labels of every line that goes out. */
  readonly externalLabels: Readonly<Record<string, string>>;
  /** Only pods in these are read. @default - pods in every namespace */
  readonly namespaces?: readonly string[];
  /** Folder of the node's journal. @default - it is not read */
  readonly journal?: string;
  /** How it serves its metrics. @default - in plain text */
  readonly tls?: ServerTls;
}

/** Where the kubelet has the logs of containers, on the node and for the agent. */
export const podLogFolder = '/var/log/pods';
/** Variable that says on which node the agent is. */
export const nodeVariable = 'NODE_NAME';
/** Annotation of pods whose lines are not read when it is `false`. */
export const collectAnnotation = `${annotationPrefix}/collect-logs`;

const tlsNames: TlsNames = {
  caFile: 'ca_file',
  serverName: 'server_name',
  certFile: 'cert_file',
  keyFile: 'key_file',
};

/**
 * Configuration of Alloy 1.18 that reads what containers of its node write, and the node's journal, and sends it to Loki.
 *
 * @see https://grafana.com/docs/alloy/v1.18/reference/components/
 */
export function logAgentConfig(options: LogAgentConfigOptions): AlloyFile {
  const { journal, tls, namespaces } = options;
  return {
    logging: { attributes: { level: 'info', format: 'logfmt' } },
    ...(tls !== undefined && {
      http: { blocks: [{ name: 'tls', attributes: { cert_file: tls.certFile, key_file: tls.keyFile } }] },
    }),
    'discovery.kubernetes.pods': {
      attributes: { role: 'pod' },
      blocks: [
        // Each agent knows of its own node's pods alone, so each file is read by one.
        { name: 'selectors', attributes: { role: 'pod', field: joined('spec.nodeName=', variable(nodeVariable)) } },
        ...(namespaces === undefined ? [] : [{ name: 'namespaces', attributes: { names: namespaces } }]),
      ],
    },
    'discovery.relabel.pods': {
      attributes: { targets: reference('discovery.kubernetes.pods', 'targets') },
      blocks: podRules(),
    },
    'loki.source.file.pods': {
      attributes: {
        targets: reference('discovery.relabel.pods', 'output'),
        forward_to: [reference('loki.process.pods', 'receiver')],
      },
      blocks: [{ name: 'file_match', attributes: { enabled: true, sync_period: '5s' } }],
    },
    'loki.process.pods': processing(options, containerStages(options)),
    ...(journal !== undefined && journalComponents(journal, options)),
    ...(options.protocol === 'otlp' ? exporting(options) : { 'loki.write.logs': writing(options) }),
  };
}

function processing({ protocol, externalLabels }: LogAgentConfigOptions, stages: readonly AlloyBlock[]): AlloyBody {
  if (protocol !== 'otlp')
    return { attributes: { forward_to: [reference('loki.write.logs', 'receiver')] }, blocks: stages };
  const further = Object.keys(externalLabels).length === 0 ? [] : [staticLabels(externalLabels)];
  const forwardTo = [reference('otelcol.receiver.loki.logs', 'receiver')];
  return { attributes: { forward_to: forwardTo }, blocks: [...stages, ...further] };
}

function staticLabels(values: Readonly<Record<string, string>>): AlloyBlock {
  return { name: 'stage.static_labels', attributes: { values } };
}

function journalComponents(path: string, options: LogAgentConfigOptions): AlloyFile {
  return {
    // Alloy takes rules of the journal from a component that passes nothing on.
    'loki.relabel.journal': { attributes: { forward_to: [] }, blocks: journalRules() },
    'loki.source.journal.node': {
      attributes: {
        path,
        max_age: `${Math.min(12, options.maxAgeHours)}h`,
        labels: { node: variable(nodeVariable) },
        relabel_rules: reference('loki.relabel.journal', 'rules'),
        forward_to: [reference('loki.process.journal', 'receiver')],
      },
    },
    'loki.process.journal': processing(options, journalStages(options)),
  };
}

function writing({ store, tenant, externalLabels }: LogAgentConfigOptions): AlloyBody {
  const { url, headers, tls } = store.connection;
  const tlsConfig = tlsSettings(tls, tlsNames);
  return {
    attributes: { external_labels: externalLabels },
    blocks: [
      {
        name: 'endpoint',
        attributes: {
          url,
          ...defined({ tenant_id: tenant ?? headers?.[tenantHeader] }),
          // It tries for ever and, as its queue makes whoever fills it wait, reads no further meanwhile: what is not sent yet is in the files,
          // as long as the kubelet keeps them.
          max_backoff_retries: 0,
          max_backoff_period: '30s',
        },
        blocks: Object.keys(tlsConfig).length === 0 ? [] : [{ name: 'tls_config', attributes: tlsConfig }],
      },
    ],
  };
}

/** As {@link writing} does: it tries for ever, and who fills the queue waits. */
function exporting({ store }: LogAgentConfigOptions): AlloyFile {
  const { url, headers, tls } = store.connection;
  return {
    'otelcol.receiver.loki.logs': {
      blocks: [{ name: 'output', attributes: { logs: [reference('otelcol.exporter.otlphttp.logs', 'input')] } }],
    },
    'otelcol.exporter.otlphttp.logs': {
      blocks: [
        {
          name: 'client',
          attributes: { endpoint: url, ...defined({ headers }) },
          blocks: [{ name: 'tls', attributes: tlsSettings(tls, tlsNames, { insecure: true }) }],
        },
        {
          name: 'sending_queue',
          // Records; what is in it when the agent is killed was counted as read.
          attributes: { queue_size: 4000, sizer: 'items', block_on_overflow: true },
          blocks: [{ name: 'batch', attributes: { flush_timeout: '1s', min_size: 500, max_size: 1000 } }],
        },
        { name: 'retry_on_failure', attributes: { max_elapsed_time: '0s', max_interval: '30s' } },
      ],
    },
  };
}

const pod = '__meta_kubernetes_pod';
const label = (name: string): string => `${pod}_label_${name.replace(/\W/g, '_')}`;
const annotation = (name: string): string => `${pod}_annotation_${name.replace(/\W/g, '_')}`;

/**
 * Labels that each container's lines come with. The service is what OpenTelemetry calls it, so that lines and spans of one are found by one
 * name; the first that there is:
 *
 * @see https://opentelemetry.io/docs/specs/semconv/non-normative/k8s-attributes/
 */
function podRules(): readonly AlloyBlock[] {
  return [
    rule({ source_labels: [annotation(collectAnnotation)], regex: 'false', action: 'drop' }),
    to('namespace', '__meta_kubernetes_namespace'),
    to('pod', `${pod}_name`),
    to('container', `${pod}_container_name`),
    to('node', `${pod}_node_name`),
    // From what says least to what says most: the last that is there stays.
    to('service', `${pod}_container_name`),
    // Pods of a Deployment have a ReplicaSet whose name ends in a hash; those of a CronJob a Job whose name ends in a time.
    ...['(?:StatefulSet|DaemonSet);(.+)', 'ReplicaSet;(.+)-[a-z0-9]+', 'Job;(.+?)(?:-[0-9]{8,}|-[0-9a-f]{10})?'].map(
      (regex) =>
        rule({ source_labels: [`${pod}_controller_kind`, `${pod}_controller_name`], regex, target_label: 'service' }),
    ),
    ...['k8s-app', 'app', 'app.kubernetes.io/name', 'app.kubernetes.io/instance'].map((name) =>
      to('service', label(name)),
    ),
    to('service', annotation('resource.opentelemetry.io/service.name')),
    // A pod from a file of the node has another id there than at the API server, which has it as an annotation.
    to('__tmp_uid', `${pod}_uid`),
    to('__tmp_uid', annotation('kubernetes.io/config.mirror')),
    rule({
      source_labels: ['namespace', 'pod', '__tmp_uid', 'container'],
      regex: '(.+);(.+);(.+);(.+)',
      replacement: posix.join(podLogFolder, '${1}_${2}_${3}/${4}/*.log'),
      target_label: '__path__',
    }),
  ];
}

/** Units that come and go, by whatever numbers, are one service. */
function journalRules(): readonly AlloyBlock[] {
  const unit = '__journal__systemd_unit';
  return [
    rule({ source_labels: [unit], regex: '.*', replacement: 'system', target_label: 'service' }),
    rule({ source_labels: [unit], regex: '([a-zA-Z][\\w.-]*?)(?:@.*)?\\.service', target_label: 'service' }),
    rule({ source_labels: [unit], regex: '(?:run|session|user)-.*', replacement: 'system', target_label: 'service' }),
    rule({ source_labels: ['__journal__transport'], regex: 'kernel', replacement: 'kernel', target_label: 'service' }),
    to('unit', unit),
    to('priority', '__journal_priority_keyword'),
  ];
}

/** A label's value, where there is one. */
function to(target: string, source: string): AlloyBlock {
  return rule({ source_labels: [source], regex: '(.+)', target_label: target });
}

function rule(attributes: Readonly<Record<string, AlloyValue>>): AlloyBlock {
  return { name: 'rule', attributes };
}
