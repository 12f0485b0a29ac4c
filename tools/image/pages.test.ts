import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

/** Pages that have somebody apply manifests before they say how the image of the workers gets there. */
function appliedTooEarly(pages: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(pages)
    .filter(([, text]) => {
      const [applied, built] = [text.search(/kubectl\s+apply/), text.search(/npm run image/)];
      return applied >= 0 && (built < 0 || built > applied);
    })
    .map(([name]) => name);
}

describe('A page with `kubectl apply`', () => {
  const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard', '*.md'], {
    cwd: root,
    encoding: 'utf8',
  });
  const names = listed.split('\n').filter((name) => name !== '' && name !== 'CHANGELOG.md');
  const pages = Object.fromEntries(names.map((name) => [name, readFileSync(join(root, name), 'utf8')]));

  it('says first how the worker image gets into the cluster', () => {
    expect(names).toEqual(expect.arrayContaining(['README.md', 'docs/reference/thesis.md']));
    expect(Object.values(pages).filter((text) => text.includes('kubectl apply')).length).toBeGreaterThan(2);
    expect(appliedTooEarly(pages)).toEqual([]);
  });

  it('is found if it says so later, or not at all', () => {
    const wrong = { never: 'kubectl apply -f dist/', later: 'kubectl  apply -f dist/\nnpm run image -- --load kind' };
    const right = { first: 'npm run image -- --push\nkubectl apply -f dist/', other: 'kubectl get pods' };
    expect(appliedTooEarly({ ...wrong, ...right })).toEqual(['never', 'later']);
  });
});
