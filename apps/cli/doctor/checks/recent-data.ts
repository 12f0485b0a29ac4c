import { z } from 'zod';
import { isReady } from '../../deploy/pod-trouble';
import { excerpt } from '../../verify/http';
import { warning, type DoctorCheck, type Finding } from '../check';
import type { DoctorContext } from '../context';
import { componentsOf, type Component } from '../health/addresses';
import { askPod } from '../health/ask';
import { deployed } from '../health/deployed';

const hour = 3_600;
const traceSchema = z.object({ traces: z.array(z.unknown()).default([]) });
const labelSchema = z.object({ data: z.array(z.string()).default([]) });

/** A store, and how it is asked whether anything came within the last hour. */
interface Asked {
  readonly role: string;
  readonly what: string;
  readonly path: (nowSeconds: number) => string;
  readonly isAny: (answer: unknown) => boolean;
  readonly remedy: string;
}

const stores: readonly Asked[] = [
  {
    role: 'trace-store',
    what: 'no trace',
    path: (now) => `/api/search?limit=1&start=${now - hour}&end=${now}`,
    isAny: (answer) => (traceSchema.safeParse(answer).data?.traces.length ?? 0) > 0,
    remedy: 'plumbline doctor --only collectors,services,network-policies; plumbline verify --only trace sends one',
  },
  {
    role: 'log-store',
    what: 'no line',
    path: (now) => `/loki/api/v1/labels?start=${now - hour}&end=${now}`,
    isAny: (answer) => (labelSchema.safeParse(answer).data?.data.length ?? 0) > 0,
    remedy:
      'applications send logs by OTLP to the ingestor: docs/how-to/send-traces-logs-and-metrics.md; plumbline doctor --only collectors',
  },
];

export const recentData: DoctorCheck = {
  name: 'recent-data',
  claim: 'traces and logs came within the last hour',
  symptom: 'Explore finds nothing, though everything runs; what is older than the retention is gone for good',
  needsCluster: true,
  async run(context) {
    const components = componentsOf(context.rendered);
    const findings: Finding[] = [];
    const unknown: string[] = [];
    const seen: string[] = [];
    for (const store of stores) {
      for (const component of components.filter(({ role }) => role === store.role)) {
        const told = await askStore(context, component, store);
        if (told === undefined) continue;
        const { namespace, name } = component.workload.metadata;
        if ('why' in told) unknown.push(`${namespace}/${name}: ${told.why}`);
        else if (told.any) seen.push(component.workload.metadata.name);
        else {
          const where = `${namespace}/${component.workload.kind}/${name}`;
          findings.push(warning(`has ${store.what} of the last hour`, where, store.remedy));
        }
      }
    }
    const some = seen.length === 0 ? 'no store is ready, or has anything' : `${seen.join(', ')} has some`;
    return { seen: some, findings, unknown };
  },
};

async function askStore(
  context: DoctorContext,
  { workload, health }: Component,
  { path, isAny }: Asked,
): Promise<{ readonly any: boolean } | { readonly why: string } | undefined> {
  const pod = (await deployed(context, workload))?.pods.find(isReady);
  if (pod === undefined || health === undefined) return undefined;
  const { namespace, name } = pod.metadata;
  const { port, isTls } = health;
  const now = Math.floor(context.now() / 1000);
  const answer = await askPod(context.cluster, { namespace, pod: name, port, path: path(now), isTls });
  if (typeof answer === 'string') return { why: `it does not answer (${answer})` };
  if (answer.status !== 200) return { why: `it answers ${answer.status}: ${excerpt(answer.text)}` };
  return { any: isAny(JSON.parse(answer.text)) };
}
