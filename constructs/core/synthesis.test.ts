import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApiObject, App } from 'cdk8s';
import { PlatformApp } from './platform-app';

describe('What an app writes', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'synthesis-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function app(name: string, change: (app: PlatformApp) => void = () => undefined): PlatformApp {
    const made = new PlatformApp({ name, outdir: folder, defaultNamespace: 'shop' });
    for (const concern of ['carts', 'orders'])
      new ApiObject(made.chart(concern), 'settings', {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        data: { 'a.txt': 'on\n', 'b.txt': `${concern}: yes\n\n  1\n`, number: '1e3' },
      });
    change(made);
    return made;
  }

  function filesOf(name: string): Readonly<Record<string, string>> {
    const names = readdirSync(join(folder, name)).sort();
    return Object.fromEntries(names.map((each) => [each, readFileSync(join(folder, name, each), 'utf8')]));
  }

  const dependent = (made: PlatformApp) => {
    made.chart('orders').addDependency(made.chart('carts'));
  };

  it.each([
    ['charts', undefined, 'orders.k8s.yaml'],
    ['charts of which one depends on another', dependent, '0002-orders.k8s.yaml'],
  ])('is what cdk8s writes, of %s', (_, change, file) => {
    app('ours', change).synth();
    App.prototype.synth.call(app('theirs', change));
    expect(filesOf('ours')).toEqual(filesOf('theirs'));
    expect(Object.keys(filesOf('ours'))).toContain(file);
  });

  it('is refused if a construct is not valid, and then nothing is written', () => {
    const invalid = (made: PlatformApp) => {
      made.chart('carts').node.addValidation({ validate: () => ['has no wheels'] });
    };
    expect(() => {
      app('ours', invalid).synth();
    }).toThrow('has no wheels');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is what is told of it afterwards, without another rendering', () => {
    const made = app('ours');
    expect(made.manifests).not.toBe(made.manifests);
    made.synth();
    expect(made.manifests).toBe(made.manifests);
    expect(made.manifests.map(({ chart }) => chart.node.id)).toEqual(['00-namespaces', 'carts', 'orders']);
  });
});
