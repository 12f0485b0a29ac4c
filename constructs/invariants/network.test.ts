import { addressesOf, addressesResolve } from './addresses';
import { Cluster } from './cluster';
import { connectionsOf } from './connections';
import { brokenObjects, soundObjects } from './fixtures';
import { describeObject } from './model';

const cluster = new Cluster(soundObjects());

describe('connections', () => {
  it('follow from arguments, variables and files, and from nothing else', () => {
    const lines = connectionsOf(cluster).map(
      ({ from, to, ports, required }) =>
        `${describeObject(from.object)} -> ${describeObject(to.object)} ${ports.map(({ port, protocol }) => `${port}/${protocol}`).join(' or ')}` +
        (required ? '' : ' (optional)'),
    );
    expect(lines).toEqual([
      'Deployment shop/frontend -> Deployment shop/orders 8080/TCP',
      'Deployment shop/orders -> DaemonSet nodes/probe 9125/TCP or 9125/UDP',
      'Deployment shop/orders -> StatefulSet data/ledger 5432/TCP',
      'CronJob shop/report -> StatefulSet data/ledger 5432/TCP',
      'StatefulSet data/ledger -> StatefulSet data/ledger 7000/TCP',
    ]);
  });
});

describe('members of a set', () => {
  const toThemselves = (...args: readonly string[]) => {
    const objects = brokenObjects({
      invariant: 'connections-allowed',
      title: args.join(' '),
      at: 'StatefulSet data/ledger',
      set: { 'spec.template.spec.containers[0].args': args },
    });
    const connections = connectionsOf(new Cluster(objects));
    return connections.flatMap(({ from, to, required }) => (from === to ? [required] : []));
  };

  it('call each other where they are told of each other, and not where one says how clients come to it', () => {
    const address = 'ledger-0.ledger.data.svc:7000';
    expect(toThemselves(`--peers=${address}`)).toEqual([true]);
    expect(toThemselves(`--advertise-client-addr=${address}`)).toEqual([false]);
    expect(toThemselves(`--advertise-client-addr=${address}`, `--peers=${address}`)).toEqual([false, true]);
  });
});

describe('an address', () => {
  const told = (text: string) => {
    const objects = brokenObjects({
      invariant: 'addresses-resolve',
      title: text,
      at: 'Deployment shop/frontend',
      set: { 'spec.template.spec.containers[0].args': [text] },
    });
    const [frontend] = new Cluster(objects).workloads;
    return frontend === undefined
      ? []
      : addressesOf(frontend, new Cluster(objects)).map(
          ({ namespace, service, ports, portName }) => `${namespace}/${service}:${portName ?? ports.join()}`,
        );
  };

  it.each([
    ['http://orders.shop.svc.cluster.local:8080/api', ['shop/orders:8080']],
    ['http://orders.shop.svc/api', ['shop/orders:80']],
    ['https://orders.shop.svc.cluster.local', ['shop/orders:443']],
    ['http://_http._tcp.orders.shop.svc.cluster.local', ['shop/orders:http']],
    ['http://orders.shop.svc.corp.lan:8080/api', ['shop/orders:8080']],
    ['orders.shop.svc:8080', ['shop/orders:8080']],
    ['orders.shop:8080', ['shop/orders:8080']],
    ['orders:8080', ['shop/orders:8080']],
    ['$(POD_NAME).ledger.data.svc.cluster.local:7000', ['data/ledger:7000']],
    ['ledger-0.ledger.data.svc:7000,ledger-1.ledger.data.svc:7000', ['data/ledger:7000', 'data/ledger:7000']],
    ['ledger.data.svc', ['data/ledger:']],
  ])('is found in %s', (text, addresses) => {
    expect(told(text)).toEqual(addresses);
  });

  it.each(['https://example.org:8080', 'shop.example.org', 'orders:8080.1', 'v1.2:30', 'my-svc', 'a.b.svcs:80'])(
    'is not found in %s',
    (text) => {
      expect(told(text)).toEqual([]);
    },
  );

  it('of the API server is a Service that every cluster has', () => {
    const saying = (text: string) =>
      brokenObjects({
        invariant: 'addresses-resolve',
        title: text,
        at: 'Deployment shop/frontend',
        set: { 'spec.template.spec.containers[0].args': [text] },
      });
    const unresolved = (text: string) => addressesResolve.check(saying(text)).length;
    expect(unresolved('https://kubernetes.default.svc')).toBe(0);
    expect(unresolved('https://kubernetes.shop.svc')).toBe(1);
  });
});
