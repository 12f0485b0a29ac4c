import type { KubeObject } from '../../constructs/invariants';
import { renderApp, type RenderedObject } from '../../constructs/testing';
import { environments } from '../../environments';
import { platform } from '../../main';
import { exceptions } from './exceptions';

const names = exceptions.map(({ checker, check, message, covers }) =>
  JSON.stringify([checker, check, message, covers]),
);

describe.each(exceptions.map((exception) => [`${exception.checker} ${exception.check}`, exception] as const))(
  'The exception from %s',
  (_name, { covers, count, reason }) => {
    it('says in a sentence why, what it covers, and how much of which environment', () => {
      expect(reason).toMatch(/^[A-Z].{20,}\.$/s);
      expect(covers).not.toHaveLength(0);
      const known = environments.map(({ name }) => name);
      expect(Object.keys(count)).not.toHaveLength(0);
      for (const [environment, findings] of Object.entries(count)) {
        expect(known).toContain(environment);
        expect(findings).toBeGreaterThan(0);
      }
    });
  },
);

describe('The exceptions', () => {
  it('are each there once', () => {
    expect(new Set(names).size).toBe(names.length);
  });

  it('name each object once, and none with the hash of its contents', () => {
    for (const { covers } of exceptions) {
      if (covers === 'all') continue;
      expect(new Set(covers).size).toBe(covers.length);
      for (const object of covers) expect(object).toMatch(/^[A-Z][A-Za-z]+\/[a-z0-9-]+(?<!-[0-9a-f]{10})$/);
    }
  });
});

describe('What the reasons say', () => {
  const objects = environments.flatMap((environment) => renderApp(platform(environment)));
  const covered = (check: string) =>
    exceptions.flatMap(({ check: id, covers }) => (id === check && covers !== 'all' ? covers : []));

  it('holds of probes: what is asked the same is restarted later than it is out of service', () => {
    const named = covered('pod-probes-identical');
    const isNamed = ({ kind, metadata }: KubeObject): boolean => named.includes(`${kind}/${metadata.name}`);
    const asked = objects.filter((object): object is RenderedObject => isNamed(object));
    expect(asked.length).toBeGreaterThanOrEqual(named.length);
    for (const { spec } of asked) {
      for (const { readinessProbe, livenessProbe } of spec.template.spec.containers) {
        const [unready, restarted] = [readinessProbe, livenessProbe] as readonly {
          readonly failureThreshold: number;
        }[];
        expect(restarted?.failureThreshold).toBeGreaterThan(unready?.failureThreshold ?? Infinity);
      }
    }
  });

  it('holds of what is written on a node: every emptyDir has a size', () => {
    const volumes = JSON.stringify(objects).match(/"emptyDir":\{[^}]*\}/g) ?? [];
    expect(volumes.length).toBeGreaterThan(5);
    for (const volume of volumes) expect(volume).toContain('"sizeLimit"');
  });
});
