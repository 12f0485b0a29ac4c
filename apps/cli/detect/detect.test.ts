import { literal, quoted } from './code';
import { constantName, environmentName, environmentSource } from './environment-file';
import type { ClusterFacts } from './facts';
import { neededTolerations, nodeSelectorOf, type ClusterNode } from './nodes';
import { bases, newestTriedMinor, plan } from './plan';
import { isWithin, overlap, rangesAround } from './ranges';
import { chooseStorage, type StorageClass } from './storage';

function node(labels: Readonly<Record<string, string>> = {}, taints: ClusterNode['spec']['taints'] = []): ClusterNode {
  return {
    metadata: { name: 'a', labels },
    spec: { podCIDRs: [], providerID: '', taints, unschedulable: false },
    status: {
      addresses: [{ type: 'InternalIP', address: '10.0.0.4' }],
      nodeInfo: { kubeletVersion: 'v1.36.3' },
    },
  };
}
const nothing: ClusterFacts = {
  version: `v1.${newestTriedMinor}.0`,
  maker: undefined,
  nodes: undefined,
  network: undefined,
  classes: undefined,
  dns: undefined,
  domain: undefined,
  apiServer: undefined,
  kubeletsAreSigned: undefined,
  prometheus: undefined,
  others: { certManager: false, gateways: [], gatewayApi: 'none', externalSecrets: false, stores: [] },
  unread: [],
};
const file = { name: 'dev', about: 'context dev', path: '/repo/environments/dev.ts', root: '/repo' };

describe('ranges of nodes', () => {
  it('are around their addresses, each once, and wider where there would be many', () => {
    expect(rangesAround(['10.0.1.7', '10.0.1.200', '10.0.2.9'])).toEqual(['10.0.1.0/24', '10.0.2.0/24']);
    expect(rangesAround(['2001:db8::7', 'fd00:1:2:3::1'])).toEqual(['2001:db8::/64', 'fd00:1:2:3::/64']);
    const many = Array.from({ length: 200 }, (_, index) => `10.3.${index}.1`);
    expect(rangesAround(many)).toEqual(['10.3.0.0/16']);
    expect(rangesAround([])).toEqual([]);
  });

  it('hold an address, or have one in common, only of their own family', () => {
    expect(isWithin('10.0.1.7', '10.0.0.0/16')).toBe(true);
    expect(isWithin('10.1.0.0', '10.0.0.0/16')).toBe(false);
    expect(isWithin('::1', '0.0.0.0/0')).toBe(false);
    expect([overlap('10.0.0.0/8', '10.4.0.0/24'), overlap('10.4.0.0/24', '10.0.0.0/8')]).toEqual([true, true]);
    expect(overlap('10.4.0.0/24', '10.4.1.0/24')).toBe(false);
  });
});

describe('nodes', () => {
  it('need a selector only where some are not for what we build', () => {
    const os = (name: string, arch = 'amd64') => node({ 'kubernetes.io/os': name, 'kubernetes.io/arch': arch });
    expect(nodeSelectorOf([os('linux'), os('linux', 'arm64')])).toBeUndefined();
    expect(nodeSelectorOf([os('linux'), os('windows')])).toEqual({ 'kubernetes.io/os': 'linux' });
    expect(nodeSelectorOf([os('linux', 's390x'), os('linux', 'arm64')])).toEqual({ 'kubernetes.io/arch': 'arm64' });
  });

  it('need tolerations only where none takes pods, and then those of the one with the fewest', () => {
    const taint = (key: string, effect = 'NoSchedule') => ({ key, effect });
    const two = node({}, [taint('team'), taint('gpu')]);
    expect(neededTolerations([two, node()])).toEqual([]);
    expect(neededTolerations([two, node({}, [taint('node-role.kubernetes.io/control-plane')])])).toEqual([
      taint('node-role.kubernetes.io/control-plane'),
    ]);
    expect(
      neededTolerations([node({}, [taint('a', 'PreferNoSchedule'), taint('node.kubernetes.io/not-ready')])]),
    ).toEqual([]);
  });
});

describe('storage', () => {
  const of = (
    name: string,
    provisioner: string,
    more: Partial<StorageClass> & { readonly isDefault?: boolean } = {},
  ) => ({
    metadata: { name, annotations: { 'storageclass.kubernetes.io/is-default-class': String(more.isDefault === true) } },
    provisioner,
    volumeBindingMode: 'WaitForFirstConsumer',
    allowVolumeExpansion: true,
    ...more,
  });

  it('is the default class without a name, and without a warning where it suits', () => {
    expect(chooseStorage([of('a', 'ebs.csi.aws.com', { isDefault: true }), of('b', 'x')], ['1', '2'])).toMatchObject({
      used: { metadata: { name: 'a' } },
      isNamed: false,
      warnings: [],
    });
  });

  it('is the class that suits best where none is the default', () => {
    const classes = [
      of('nfs', 'nfs.csi.k8s.io'),
      of('manual', 'kubernetes.io/no-provisioner'),
      of('disk', 'rbd.csi.ceph.com'),
    ];
    const { used, isNamed, warnings } = chooseStorage(classes, []);
    expect([used?.metadata.name, isNamed]).toEqual(['disk', true]);
    expect(warnings).toEqual(['no StorageClass is the default; claims name disk, of disk, manual, nfs']);
  });

  it.each([
    { what: 'none', classes: [], says: 'there is no StorageClass' },
    {
      what: 'two defaults',
      classes: [of('a', 'x', { isDefault: true }), of('b', 'x', { isDefault: true })],
      says: 'several StorageClasses',
    },
    {
      what: 'a network file system',
      classes: [of('efs', 'efs.csi.aws.com', { isDefault: true }), of('gp3', 'ebs.csi.aws.com')],
      says: /file system over the network.*; gp3 is there/,
    },
    {
      what: 'folders of a node',
      classes: [of('local-path', 'rancher.io/local-path', { isDefault: true })],
      says: 'folders of one node',
    },
    {
      what: 'volumes made by hand',
      classes: [of('a', 'kubernetes.io/no-provisioner', { isDefault: true })],
      says: 'makes no volumes',
    },
    {
      what: 'volumes that cannot grow',
      classes: [of('a', 'x', { isDefault: true, allowVolumeExpansion: false })],
      says: 'cannot grow',
    },
    {
      what: 'volumes made too early',
      classes: [of('a', 'x', { isDefault: true, volumeBindingMode: 'Immediate' })],
      says: 'in 2 zones',
    },
  ])('is warned of: $what', ({ classes, says }) => {
    const { warnings } = chooseStorage(classes, ['1', '2']);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toEqual(typeof says === 'string' ? expect.stringContaining(says) : expect.stringMatching(says));
  });
});

describe('the file of an environment', () => {
  it('has the name of the context, if that is none that there is', () => {
    expect(environmentName('kind-Dev')).toBe('kind-dev');
    expect(environmentName('arn:aws:eks:eu-central-1:1234:cluster/shop_prod')).toBe('shop-prod');
    expect([constantName('kind-dev'), constantName('2-a'), constantName('default')]).toEqual([
      'kindDev',
      'its2A',
      'itsDefault',
    ]);
    for (const taken of bases) expect(() => environmentName(taken)).toThrow('already');
    expect(() => environmentName('---')).toThrow('no name of an environment');
  });

  it('says nothing of a cluster that tells nothing', () => {
    const source = environmentSource(plan(nothing), file);
    expect(source).toContain("import { minimal } from './minimal';");
    expect(source).toMatch(
      /export const dev: Environment = \{\n {2}\.\.\.minimal,\n {2}name: 'dev',\n {2}cluster: \{\},\n\};\n$/,
    );
  });

  it('imports from where it lies', () => {
    const source = environmentSource(plan({ ...nothing, nodes: [node()] }), { ...file, path: '/elsewhere/dev.ts' });
    expect(source).toContain("from '../repo/environments/minimal';");
    expect(source).toMatch(/nodeRanges: \['10\.0\.0\.0\/24'\][^]*nodes: \{\},/);
  });

  it('cannot be broken out of by what a cluster calls things', () => {
    const evil = "'; process.exit(1); //\n*/ \u2028";
    expect(quoted(evil)).toBe(`'\\'; process.exit(1); //\\n*/ \u2028'`);
    const labels = { [evil]: evil };
    const dns = { pods: [{ namespace: evil, labels, port: 53 }], caches: [] };
    const source = environmentSource(plan({ ...nothing, domain: evil, dns }), { ...file, about: `context ${evil}` });
    expect(source.split('\n').filter((line) => /^\s*process|^; process/.test(line))).toEqual([]);
    expect(literal({ a: [1, true, 'b'] })).toBe("{ a: [1, true, 'b'] }");
  });

  it('warns of a version that was not tried', () => {
    expect(plan(nothing).warnings).toEqual([]);
    expect(plan({ ...nothing, version: `v1.${newestTriedMinor + 1}.0` }).warnings[0]).toContain(
      'newer than what was tried',
    );
  });

  it('is the pipeline beside what there is, if that is asked for', () => {
    const { base, warnings } = plan(nothing, 'addon');
    expect([base, warnings[0]]).toEqual([
      'addon',
      expect.stringContaining('no Prometheus that an operator runs was found'),
    ]);
  });
});
