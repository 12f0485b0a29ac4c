import { applyObject } from '../../deploy/apply';
import { concurrently, requestsAtOnce } from '../../deploy/concurrently';
import { count } from '../../verify/check';
import { describeObject, type RenderedObject } from '../../verify/rendered';
import { error, type DoctorCheck } from '../check';

/** Of what another check tells once, here it would be told of every object. */
const toldElsewhere = /is forbidden: User|being terminated|does not know/;

export const acceptance: DoctorCheck = {
  name: 'acceptance',
  claim: 'the API server would take every object as it is rendered',
  symptom: 'up says that objects are refused: unknown fields, fields that cannot change, or that somebody else has set',
  needsCluster: true,
  async run({ cluster: { api }, rendered }) {
    const isThere = new Map<string, boolean>();
    for (const { metadata } of rendered.objects) {
      const { namespace } = metadata;
      if (namespace === undefined || isThere.has(namespace)) continue;
      const live = await api.read({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      isThere.set(namespace, live !== undefined);
    }
    // Without its namespace everything is refused, and up makes that first.
    const asked = rendered.objects.filter(
      ({ metadata }) => metadata.namespace === undefined || isThere.get(metadata.namespace),
    );
    const results = await concurrently(asked, requestsAtOnce, (object: RenderedObject) =>
      applyObject(api, object, { dryRun: true }),
    );
    const findings = results.flatMap((result) => {
      if (typeof result === 'string' || toldElsewhere.test(result.reason)) return [];
      const synth = /unknown field|field not declared|strict decoding/.test(result.reason)
        ? 'npm run synth; a field that this Kubernetes does not know comes of an override'
        : result.todo;
      return [error(`would be refused: ${result.reason}`, describeObject(result.object), synth)];
    });
    const rest = rendered.objects.length - asked.length;
    const later = rest === 0 ? '' : `; ${rest} in namespaces that are not there yet`;
    return { seen: `${count(asked.length, 'object')} asked for without being made${later}`, findings };
  },
};
