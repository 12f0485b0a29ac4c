import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { referenceFolder, referencePages } from './reference';

describe('The reference pages', () => {
  it.each(Object.entries(referencePages()))('%s is what `npm run docs` writes', (name, text) => {
    expect(readFileSync(join(referenceFolder, name), 'utf8')).toBe(text);
  });

  it('name every reader of every topic', () => {
    expect(referencePages()['grants.md']).toMatch(
      /\| `traces` +\| `preprocessing` +\| consume +\| `preprocessing-group` +\|/,
    );
  });
});
