import { accept, type Report } from '../report';
import type { NodeCluster } from './cluster';
import { addresses } from './network';
import { containerOf, podsOf } from './objects';

/** Run in the container of a worker; prints what it may and may not. */
const script = `
const fs = require('node:fs'), net = require('node:net');
const status = fs.readFileSync('/proc/1/status', 'utf8');
const of = (key) => status.match(new RegExp('^' + key + ':\\\\s+(.*)$', 'm'))[1].split(/\\s+/)[0];
const writes = (path) => { try { fs.writeFileSync(path + '/probe', ''); fs.rmSync(path + '/probe'); return true; } catch { return false; } };
const connects = (host, port) => new Promise((resolve) => {
  const socket = net.connect(port, host);
  const end = (result) => { socket.destroy(); resolve(result); };
  socket.setTimeout(3000, () => end(false)).once('connect', () => end(true)).once('error', () => end(false));
});
(async () => console.log(JSON.stringify({
  uid: of('Uid'), capabilities: of('CapEff'), seccomp: of('Seccomp'), noNewPrivileges: of('NoNewPrivs'),
  writesRoot: writes('/app') || writes('/'), writesTmp: writes('/tmp'),
  token: fs.existsSync('/var/run/secrets/kubernetes.io/serviceaccount/token'),
  broker: await connects('redpanda.redpanda.svc.cluster.local', 9092),
  api: await connects('10.96.0.1', 443),
  store: await connects('objects.plumbline.svc.cluster.local', 7070),
  outside: await connects('${addresses.outside}', 9092),
})))();
`;

const expected = {
  uid: '65532',
  capabilities: '0000000000000000',
  seccomp: '2',
  noNewPrivileges: '1',
  writesRoot: false,
  writesTmp: true,
  token: false,
  broker: true,
  api: false,
  store: false,
  outside: false,
} as const;

/** What a worker's container is, and whom it reaches, asked from inside. */
export async function acceptConfinement(report: Report, cluster: NodeCluster, worker: string): Promise<void> {
  await report.step(
    `${worker} runs without rights, and reaches the broker and nothing else`,
    async () => {
      const [pod] = await podsOf(cluster.kubectl, 'plumbline', worker);
      accept(pod !== undefined, `there is no pod of ${worker}`);
      const printed = await cluster.execute(containerOf(pod), ['/nodejs/bin/node', '-e', script]);
      const found = JSON.parse(printed) as Record<string, unknown>;
      for (const [what, value] of Object.entries(expected)) {
        accept(found[what] === value, `${what} is ${String(found[what])}, and should be ${String(value)}`);
      }
      return found;
    },
    (found) =>
      `uid ${String(found.uid)}, no capability, seccomp, read-only root; API server, store and outside are denied`,
  );
}
