import { containerOf, objectOf, podTemplateOf, renderApp, testApp, violationsOf } from '../testing';
import { RuleFiles } from './rule-files';
import type { RuleGroup } from './rule-groups';
import { deployment } from './workload.testing';

/** A group of rules of so many characters together. */
function groups(characters: number): readonly RuleGroup[] {
  const rule = { record: 'shop:carts', expr: 'sum(carts)'.repeat(10) };
  return [{ name: 'of', rules: Array.from({ length: characters / JSON.stringify(rule).length }, () => rule) }];
}

function render(sizes: Readonly<Record<string, number>>) {
  const app = testApp();
  const server = deployment()(app.chart('metrics'));
  const files = new RuleFiles(server, { folder: '/etc/rules', what: 'rules of' });
  for (const [component, characters] of Object.entries(sizes))
    files.add(component, characters === 0 ? [] : groups(characters));
  const objects = renderApp(app);
  const maps = objects.filter(({ kind }) => kind === 'ConfigMap').map(({ metadata: { name } }) => name);
  const contents = maps.map((name) => Object.keys(objectOf(objects, 'ConfigMap', name).data));
  // Its server has no probes.
  const violations = violationsOf(app).filter((violation) => !violation.includes('[probes-set]'));
  return { files, objects, maps, contents, violations };
}

describe('Rule files', () => {
  it('are one for each component that has rules, in one folder', () => {
    const { files, objects, maps, contents, violations } = render({ tempo: 50_000, loki: 50_000, shop: 0 });
    expect(files.isEmpty).toBe(false);
    expect(maps).toEqual(['web-rules']);
    expect(contents).toEqual([['loki.yml', 'tempo.yml']]);
    expect(podTemplateOf(objects, 'Deployment', 'web').spec.volumes).toContainEqual({
      name: 'rules',
      configMap: { name: 'web-rules' },
    });
    expect(violations).toEqual([]);
  });

  it('are in several ConfigMaps where one would be too large for a client that keeps a copy, and still in one folder', () => {
    const { objects, maps, contents, violations } = render({
      tempo: 80_000,
      loki: 40_000,
      mimir: 60_000,
      shop: 90_000,
    });
    expect(maps).toEqual(['web-rules', 'web-rules-2', 'web-rules-3']);
    expect(contents).toEqual([['tempo.yml'], ['loki.yml', 'mimir.yml'], ['shop.yml']]);
    expect(podTemplateOf(objects, 'Deployment', 'web').spec.volumes).toContainEqual({
      name: 'rules',
      projected: { sources: maps.map((name) => ({ configMap: { name } })) },
    });
    expect(containerOf(objects, 'Deployment', 'web').volumeMounts).toContainEqual(
      expect.objectContaining({ name: 'rules', mountPath: '/etc/rules' }),
    );
    expect(violations).toEqual([]);
  });

  it('are none, and mount nothing, where no component has rules', () => {
    const { files, objects, maps } = render({ shop: 0 });
    expect(files.isEmpty).toBe(true);
    expect(maps).toEqual([]);
    expect(JSON.stringify(objects)).not.toContain('/etc/rules');
  });

  it('of two components of one name are refused, also when these are in another ConfigMap', () => {
    const { files } = render({ tempo: 100_000, loki: 100_000 });
    expect(() => files.add('tempo', groups(10))).toThrow('rules of tempo exists twice');
  });
});
