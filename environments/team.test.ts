import { parse } from 'yaml';
import type { RuleGroup } from '../constructs';
import type { KubeObject } from '../constructs/invariants';
import { objectOf, renderApp } from '../constructs/testing';
import { platform } from '../main';
import { environments, minimal, type Environment } from './index';

interface Groups {
  readonly groups: readonly RuleGroup[];
}

/** Rule files of Prometheus and of Loki, and rules of an operator. */
function groupsIn(objects: readonly KubeObject[]): readonly RuleGroup[] {
  return objects.flatMap(({ kind, metadata, spec }) => {
    if (kind === 'PrometheusRule') return (spec as Groups).groups;
    if (kind !== 'ConfigMap' || !metadata.name.endsWith('-rules')) return [];
    const { data } = objectOf(objects, 'ConfigMap', metadata.name);
    return Object.values(data).flatMap((text) => (parse(text) as Groups).groups);
  });
}

/** Owners of the alerts of an environment, by alert. */
function ownersIn(environment: Environment): readonly (readonly [string, string | undefined])[] {
  const rules = groupsIn(renderApp(platform(environment))).flatMap((group) => group.rules);
  return rules.flatMap(({ alert, labels }) => (alert === undefined ? [] : [[alert, labels?.team] as const]));
}

const unowned = (owners: ReturnType<typeof ownersIn>) => owners.filter(([, team]) => team !== 'platform');

describe('Every alert', () => {
  it.each(environments.map((environment) => [environment.name, environment] as const))(
    'of %s is of a team, by which Alertmanager can tell who is told',
    (_, environment) => {
      const owners = ownersIn(environment);
      expect(owners.length).toBeGreaterThan(30);
      expect(unowned(owners)).toEqual([]);
    },
  );

  it('is of the team that an environment says, or of that of its component', () => {
    const owners = new Map(
      ownersIn({ ...minimal, team: 'observability', logs: { ...minimal.logs, team: 'security' } }),
    );
    expect(new Set(owners.values())).toEqual(new Set(['observability', 'security']));
    expect(owners.get('PrometheusConfigRefused')).toBe('observability');
    for (const alert of ['LokiDown', 'FailedLogins']) expect([alert, owners.get(alert)]).toEqual([alert, 'security']);
  });

  it('would be seen to be of nobody', () => {
    expect(unowned([['LokiDown', undefined]])).toHaveLength(1);
  });
});
