import { parse } from 'yaml';
import { componentsIn, type PlatformApp } from '../constructs';
import { ruleGroups } from '../constructs/core/rule-groups';
import { groupsOf, isOfRules, misplaced, placesOf } from '../constructs/metrics/placed-rules.testing';
import { fileOf, renderApp } from '../constructs/testing';
import { platform } from '../main';
import { production } from './production';

/** Every rule that a component carries, of what is read there: no kubelet. */
function carried(app: PlatformApp): readonly string[] {
  return componentsIn(app).flatMap((component) =>
    ruleGroups(component, { runbookUrl: '', sources: [] }).flatMap(({ name, rules }) =>
      rules.map(({ alert, record }) => `${component.name}.yml ${name} ${alert ?? record ?? ''}`),
    ),
  );
}

describe('The rules of the production environment', () => {
  const app = platform(production);
  const objects = renderApp(app);
  const places = placesOf(objects);
  const evaluatedBy = (evaluator: string) =>
    Array.from(places)
      .filter(([, [place]]) => place === evaluator)
      .map(([rule]) => rule);

  it('are each evaluated, and in one place', () => {
    const wanted = carried(app);
    expect(wanted.length).toBeGreaterThan(100);
    expect(misplaced(objects, wanted)).toEqual([]);
    expect(new Set(places.keys())).toEqual(new Set(wanted));
  });

  it('would be seen to be evaluated nowhere', () => {
    const without = objects.filter((object) => !isOfRules(object, 'mimir'));
    expect(misplaced(without, carried(app)).length).toBeGreaterThan(80);
  });

  it('are Mimir’s, but for those about itself and the way to it', () => {
    expect(new Set(evaluatedBy('prometheus').map((rule) => rule.split(' ')[0]))).toEqual(
      new Set(['prometheus.yml', 'mimir.yml']),
    );
    for (const rule of ['tempo.yml tempo TempoDown', 'prometheus.yml prometheus ScrapeTargetDown'])
      expect([rule, places.get(rule)]).toEqual([rule, ['mimir']]);
    for (const rule of ['mimir.yml mimir MimirDown', 'prometheus.yml prometheus PrometheusRemoteWriteBehind'])
      expect([rule, places.get(rule)]).toEqual([rule, ['prometheus']]);
  });

  it('fit what Mimir takes of a tenant', () => {
    const { limits } = parse(fileOf(objects, 'mimir-config', 'mimir.yaml')) as {
      readonly limits: Readonly<Record<string, number>>;
    };
    const groups = groupsOf(objects, 'mimir');
    const largest = Math.max(...groups.map(({ rules }) => rules.length));
    expect(groups.length).toBeLessThanOrEqual(limits.ruler_max_rule_groups_per_tenant ?? 0);
    expect(largest).toBeLessThanOrEqual(limits.ruler_max_rules_per_rule_group ?? 0);
  });

  it('tell the Alertmanager of the platform, over TLS, whoever evaluates them', () => {
    const { limits } = parse(fileOf(objects, 'mimir-config', 'mimir.yaml')) as { readonly limits: object };
    const at = 'alertmanager-headless.alerting.svc.cluster.local';
    expect(limits).toMatchObject({
      ruler_alertmanager_client_config: {
        alertmanager_url: `dns+https://${at}:9093`,
        tls_ca_path: '/etc/plumbline/tls/platform-ca-ca-crt/ca.crt',
      },
    });
    expect(fileOf(objects, 'prometheus-config', 'prometheus.yml')).toContain(at);
  });
});
