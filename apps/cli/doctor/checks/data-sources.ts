import { count } from '../../verify/check';
import { testConnections } from '../../verify/checks/grafana';
import { expectedDataSources } from '../../verify/expected';
import { GrafanaClient } from '../../verify/grafana/grafana';
import { error, type DoctorCheck, type Finding } from '../check';
import { whyNotAsked } from '../health/deployed';

export const dataSources: DoctorCheck = {
  name: 'data-sources',
  claim: 'Grafana reaches its data sources',
  symptom: 'panels say "Bad Gateway" or "No data"; Explore finds no traces',
  needsCluster: true,
  async run(context) {
    const { rendered, kubectl } = context;
    if (rendered.fileNamed('datasources.yaml') === undefined) return { seen: 'no Grafana is rendered', findings: [] };
    const { workload, items } = expectedDataSources(rendered);
    const why = await whyNotAsked(context, workload);
    if (why !== undefined) return { seen: why, findings: [] };
    const { namespace, name } = workload.metadata;
    const object = `${workload.kind.toLowerCase()}/${name}`;
    const where = `${namespace}/${workload.kind}/${name}`;
    const client = await GrafanaClient.open(context);
    const { status } = await client.get('/api/user');
    if (status === 401) {
      const remedy = `${kubectl} -n ${namespace} exec ${object} -- grafana cli admin reset-admin-password NEW; Grafana keeps the first password on its volume`;
      return { seen: '', findings: [error(`refuses the password of ${client.user}`, where, remedy)] };
    }
    const present = await client.dataSources();
    const missing = items.filter(({ uid }) => !present.some((each) => each.uid === uid));
    const restart = `${kubectl} -n ${namespace} rollout restart ${object}; it reads them when it starts, and its log says what it objects to`;
    const findings: Finding[] = missing.map((item) =>
      error(`has no data source ${item.name} (uid ${item.uid})`, where, restart),
    );
    const { problems, untested } = await testConnections(
      client,
      items.filter((item) => !missing.includes(item)),
    );
    for (const problem of problems) {
      findings.push(error(problem, where, 'plumbline doctor --only health,network-policies,dns'));
    }
    const unknown = untested.map((item) => `${item}: there is no test of this kind of data source`);
    return { seen: count(items.length, 'data source'), findings, unknown };
  },
};
