import { z } from 'zod';
import { count, failed, passed, type Check } from '../check';
import { clusterOf } from '../context';
import { describeObject } from '../rendered';

const namespaceSchema = z.object({ status: z.object({ phase: z.string() }) });

/** At once, to the API server. */
const concurrency = 8;

export const namespaces: Check = {
  name: 'namespaces',
  claim: 'all namespaces are created',
  why: 'each component lives in a namespace of its own; without it nothing of it can be applied',
  async run(context) {
    const { api } = clusterOf(context);
    const expected = context.rendered.ofKind('Namespace');
    const details: string[] = [];
    for (const namespace of expected) {
      const { success, data } = namespaceSchema.safeParse(await api.read(namespace));
      if (!success) details.push(`${namespace.metadata.name} is not there`);
      else if (data.status.phase !== 'Active') details.push(`${namespace.metadata.name} is ${data.status.phase}`);
    }
    if (details.length === 0) {
      return passed(
        `${count(expected.length, 'namespace')}: ${expected.map(({ metadata }) => metadata.name).join(', ')}`,
      );
    }
    return failed(
      `${details.length} of ${count(expected.length, 'namespace')} cannot be used`,
      `kubectl apply --server-side -f ${context.rendered.directory}`,
      details,
    );
  },
};

export const objects: Check = {
  name: 'objects',
  claim: 'everything that is rendered is applied',
  why: 'what is missing says nothing itself; in place of "Helm releases installed", as plain manifests are applied',
  async run(context) {
    const { api } = clusterOf(context);
    const expected = context.rendered.objects;
    const waiting = [...expected];
    const missing: string[] = [];
    const readers = Array.from({ length: concurrency }, async () => {
      for (let object = waiting.pop(); object !== undefined; object = waiting.pop()) {
        if ((await api.read(object)) === undefined) missing.push(describeObject(object));
      }
    });
    await Promise.all(readers);
    if (missing.length === 0) return passed(`${count(expected.length, 'object')} of ${context.rendered.directory}`);
    return failed(
      `${missing.length} of ${count(expected.length, 'object')} not there`,
      `kubectl apply --server-side -f ${context.rendered.directory}`,
      missing.sort(),
    );
  },
};
