import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { registry } from './registry';

const root = join(__dirname, '..', '..', '..');
const page = readFileSync(join(root, 'docs', 'reference', 'symptoms.md'), 'utf8');

/** Rows of the documents' tables, in their words and order. */
const rows: Readonly<Record<string, readonly string[]>> = {
  '001': ['Pods pending', 'Port-forward fails', 'PVCs pending', 'High memory usage'],
  '003': ['Pods not starting', 'Services not accessible', 'High resource usage', 'Data not appearing'],
  '004': [
    'Template rendering errors',
    'Resource conflicts',
    'RBAC permission issues',
    'High memory usage',
    'Storage issues',
    'Network connectivity',
    'Prometheus configuration validation',
    'Loki configuration validation',
    'Grafana datasource testing',
  ],
};
const tests: Readonly<Record<string, string>> = {
  'deploy.real': 'apps/end-to-end/deploy.real.test.ts',
  checks: 'apps/cli/doctor/checks.test.ts',
  health: 'apps/cli/doctor/health.test.ts',
  'in-use': 'apps/cli/doctor/in-use.test.ts',
};

interface Row {
  readonly document: string;
  readonly symptom: string;
  readonly checks: readonly string[];
  readonly remedy: string;
  readonly seed: string;
}

/** What a page says, row by row. */
function rowsOf(text: string): readonly Row[] {
  return text.split(/^## /m).flatMap((part) => {
    const document = part.slice(0, 3);
    return [...part.matchAll(/^\| (?!symptom|-)([^|]+)\|([^|]+)\|([^|]+)\|([^|]+)\|$/gm)].map(
      ([, symptom = '', checks = '', remedy = '', seed = '']) => ({
        document,
        symptom: symptom.trim(),
        checks: [...checks.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => name),
        remedy: /`([^`]+)`/.exec(remedy)?.[1] ?? '',
        seed: seed.trim(),
      }),
    );
  });
}

/** What a page lacks of the rows of the documents. */
function missing(text: string): readonly string[] {
  const found = rowsOf(text);
  return Object.entries(rows).flatMap(([document, symptoms]) => {
    const own = found.filter((row) => row.document === document).map(({ symptom }) => symptom);
    return symptoms.filter((symptom) => !own.includes(symptom)).map((symptom) => `${document}: ${symptom}`);
  });
}

describe('docs/reference/symptoms.md', () => {
  const found = rowsOf(page);
  const checks = join(__dirname, 'checks');
  // What acceptance says is what up says of the same refusal.
  const files = [
    ...readdirSync(checks).map((name) => join(checks, name)),
    join(root, 'apps', 'cli', 'deploy', 'apply.ts'),
  ];
  const sources = files.map((file) => readFileSync(file, 'utf8')).join('\n');

  it('has every row of the three documents, and would miss one that is not there', () => {
    expect(missing(page)).toEqual([]);
    expect(found).toHaveLength(Object.values(rows).flat().length);
    expect(missing(page.replace(/^\| PVCs pending.*$/m, ''))).toEqual(['001: PVCs pending']);
  });

  it.each(found)('$document $symptom is reported by checks that there are, with the remedy that they give', (row) => {
    const names = registry.map(({ name }) => name);
    expect(row.checks.length).toBeGreaterThan(0);
    expect(row.checks.filter((name) => !names.includes(name))).toEqual([]);
    expect(row.remedy).not.toBe('');
    expect([row.remedy, sources.includes(row.remedy)]).toEqual([row.remedy, true]);
  });

  it.each(found)('$document $symptom is seeded in a test that there is', ({ seed }) => {
    const [name = '', title = ''] = seed.split(/: (.*)/s);
    expect(readFileSync(join(root, tests[name] ?? 'missing'), 'utf8')).toContain(`'${title}'`);
  });
});
