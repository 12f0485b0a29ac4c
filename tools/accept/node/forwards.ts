import { eventually } from '../../../apps/end-to-end/eventually';
import type { PeerProcess } from '../../peers';
import { accept, type Report } from '../report';
import type { NodeCluster } from './cluster';
import { podsOf } from './objects';

/** What `up` forwards, and what answers there with 200. */
const doors = [
  { title: 'Prometheus', path: '/-/ready' },
  { title: 'Tempo', path: '/ready' },
  { title: 'Incidents', path: '/' },
  { title: 'Traces (OTLP over HTTP)', path: '/v1/traces', json: { resourceSpans: [] } },
] as const;

/** Through the kubelet of a real node, each connection one of its own. */
export async function acceptForwards(report: Report, cluster: NodeCluster, up: PeerProcess): Promise<void> {
  const addresses = addressesIn(await up.log());
  const addressOf = (title: string) => {
    const found = addresses.get(title);
    accept(found !== undefined, `up forwards ${Array.from(addresses.keys()).join(', ')}, and not ${title}`);
    return found;
  };
  await report.step(
    'its ports answer through the kubelet, several requests at once',
    async () => {
      const asked = doors.flatMap((door) => Array.from({ length: 5 }, () => statusOf(addressOf(door.title), door)));
      const statuses = await Promise.all(asked);
      accept(
        statuses.every((status) => status === 200),
        `ports answer ${statuses.join(', ')}`,
      );
    },
    () => doors.map(({ title }) => addressOf(title)).join(', '),
  );
  await report.step('one without a pod refuses, and the others stay', async () => {
    const status = await statusOf(addressOf('Grafana'), { path: '/api/health' }).catch(() => 'no answer');
    accept(status === 'no answer', `Grafana, which has no pod, answers ${status}`);
    accept((await statusOf(addressOf('Tempo'), doors[1])) === 200, 'Tempo is gone with it');
  });
  await report.step('a port stays when its pod is replaced', async () => {
    const [before] = await podsOf(cluster.kubectl, 'plumbline', 'console');
    accept(before !== undefined, 'there is no pod of the page');
    await cluster.kubectl(['delete', 'pod', before.metadata.name, '--namespace=plumbline', '--timeout=60s']);
    await eventually('an answer of the pod in its place', async () => {
      const [pod] = await podsOf(cluster.kubectl, 'plumbline', 'console');
      const status = await statusOf(addressOf('Incidents'), doors[2]);
      return pod !== undefined && pod.metadata.name !== before.metadata.name && status === 200 ? true : undefined;
    });
  });
}

/** As they are printed: a title, spaces, and an address. */
function addressesIn(said: string): ReadonlyMap<string, string> {
  return new Map(
    Array.from(said.matchAll(/^(\S.*?) +(http:\/\/localhost:\d+)$/gm), ([, title = '', url = '']) => [title, url]),
  );
}

async function statusOf(
  address: string,
  { path, json }: { readonly path: string; readonly json?: object },
): Promise<number> {
  const response = await fetch(`${address}${path}`, {
    signal: AbortSignal.timeout(15_000),
    headers: { connection: 'close', ...(json !== undefined && { 'content-type': 'application/json' }) },
    ...(json !== undefined && { method: 'POST', body: JSON.stringify(json) }),
  });
  await response.arrayBuffer();
  return response.status;
}
