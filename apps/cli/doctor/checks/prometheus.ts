import { parse } from 'yaml';
import { z } from 'zod';
import { expectedScrapeJobs } from '../../verify/expected';
import { count, VerifyError } from '../../verify/check';
import { readTargets } from '../../verify/checks/metrics';
import { ask, excerpt } from '../../verify/http';
import { error, type DoctorCheck, type Finding } from '../check';
import type { DoctorContext } from '../context';
import { whyNotAsked } from '../health/deployed';

const alertmanagersSchema = z.object({
  data: z.object({ activeAlertmanagers: z.array(z.object({ url: z.string() })) }),
});
const vectorSchema = z.object({
  data: z.object({
    result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
  }),
});
const configSchema = z.object({ alerting: z.object({ alertmanagers: z.array(z.unknown()).default([]) }).optional() });

/** A target that is down: how its error begins, and what mostly is the reason. */
const downReasons: readonly (readonly [RegExp, string])[] = [
  [/connection refused/, 'nothing listens there: plumbline doctor --only health,crashes'],
  [
    /deadline exceeded|timeout|no route/,
    'the way there is closed, or it is too busy: plumbline doctor --only network-policies,health',
  ],
  [/no such host|lookup/, 'its name is not found: plumbline doctor --only dns'],
  [/HTTP status 40[13]/, 'it asks for a login that Prometheus does not have: plumbline doctor --only secrets'],
  [/certificate|tls|x509/, 'its certificate is not trusted, or has run out'],
];

export const targets: DoctorCheck = {
  name: 'targets',
  claim: 'Prometheus reads the metrics of every component',
  symptom: 'dashboards are empty; the alert TargetDown',
  needsCluster: true,
  async run(context) {
    const prometheus = await prometheusOf(context);
    if ('why' in prometheus) return { seen: prometheus.why, findings: [] };
    const { items } = expectedScrapeJobs(context.rendered);
    const active = await readTargets(await context.servers.url('prometheus'));
    if (typeof active === 'string') throw new VerifyError(`Prometheus: ${active}`, 'plumbline doctor --only health');
    const { kubectl } = context;
    const pods = `${kubectl} get pods -A -o wide`;
    const findings: Finding[] = [];
    const unknown: string[] = [];
    for (const job of items) {
      if (active.some(({ scrapePool }) => scrapePool === job)) continue;
      const idle = await idleJob(context, job);
      if (idle) continue;
      findings.push(
        error(
          'has no target: no pod or Service is found for it',
          `scrape job ${job}`,
          `${pods}; plumbline doctor --only dns,health`,
        ),
      );
    }
    for (const { scrapePool, scrapeUrl, health, lastError } of active) {
      if (health === 'up') continue;
      const where = `scrape job ${scrapePool}, ${scrapeUrl}`;
      if (health === 'unknown') {
        unknown.push(`${where} was not read yet`);
        continue;
      }
      const why = downReasons.find(([pattern]) => pattern.test(lastError))?.[1] ?? 'plumbline doctor --only health';
      findings.push(error(`is down: ${excerpt(lastError)}`, where, `${pods}; ${why}`));
    }
    return { seen: `${count(active.length, 'target')} of ${count(items.length, 'scrape job')}`, findings, unknown };
  },
};

export const alertmanager: DoctorCheck = {
  name: 'alertmanager',
  claim: 'alerts reach Alertmanager, and notifications leave it',
  symptom: 'an alert is firing in Prometheus and nobody is told',
  needsCluster: true,
  async run(context) {
    const prometheus = await prometheusOf(context);
    if ('why' in prometheus) return { seen: prometheus.why, findings: [] };
    const config = configSchema.safeParse(parse(prometheus.config));
    if ((config.data?.alerting?.alertmanagers.length ?? 0) === 0) {
      return { seen: 'Prometheus is told of no Alertmanager', findings: [] };
    }
    const url = await context.servers.url('prometheus');
    const { status, json, text } = await ask('Prometheus', `${url}/api/v1/alertmanagers`);
    const { success, data } = alertmanagersSchema.safeParse(json);
    if (status !== 200 || !success) throw refusal(status, text);
    const active = data.data.activeAlertmanagers;
    const { namespace, name } = prometheus.workload.metadata;
    const log = `${context.kubectl} -n ${namespace} logs ${prometheus.workload.kind.toLowerCase()}/${name} --tail=50`;
    const findings: Finding[] = [];
    if (active.length === 0) {
      const remedy = `plumbline doctor --only health,dns; ${log}`;
      findings.push(
        error('Prometheus finds no Alertmanager', `${namespace}/${prometheus.workload.kind}/${name}`, remedy),
      );
    }
    for (const { metric, value } of await query(url, 'increase(prometheus_notifications_errors_total[10m]) > 0')) {
      const where = metric.alertmanager ?? 'Alertmanager';
      const problem = `did not take ${Math.ceil(Number(value[1]))} deliveries of alerts within 10 min`;
      findings.push(error(problem, where, `plumbline doctor --only health,network-policies; ${log}`));
    }
    for (const { metric, value } of await query(
      url,
      'sum by (integration) (increase(alertmanager_notifications_failed_total[30m])) > 0',
    )) {
      const problem = `${Math.ceil(Number(value[1]))} notifications through ${metric.integration ?? 'a receiver'} failed within 30 min`;
      const remedy = `${context.kubectl} get pods -A -l app.kubernetes.io/component=alerting; its log says why; a changed webhook or password is in its Secret`;
      findings.push(error(problem, 'Alertmanager', remedy));
    }
    return { seen: count(active.length, 'Alertmanager'), findings };
  },
};

/** Prometheus as it is rendered, or why it is not asked. */
async function prometheusOf(context: DoctorContext) {
  const found = context.rendered.fileNamed('prometheus.yml');
  if (found === undefined) return { why: 'no Prometheus is rendered' } as const;
  const why = await whyNotAsked(context, found.workload);
  return why === undefined ? ({ workload: found.workload, config: found.text } as const) : ({ why } as const);
}

/** A job of something that is scaled to 0, or not applied, has nothing to read. */
async function idleJob(context: DoctorContext, job: string): Promise<boolean> {
  const workload = context.rendered.workloads.find(({ kind, metadata }) => kind !== 'Job' && metadata.name === job);
  return workload !== undefined && (await whyNotAsked(context, workload)) !== undefined;
}

async function query(url: string, expression: string) {
  const { status, json, text } = await ask('Prometheus', `${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const { success, data } = vectorSchema.safeParse(json);
  if (status !== 200 || !success) throw refusal(status, text);
  return data.data.result;
}

function refusal(status: number, text: string): VerifyError {
  return new VerifyError(`Prometheus answers ${status}: ${excerpt(text)}`, 'plumbline doctor --only health');
}
