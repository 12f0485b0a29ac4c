import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { scenarios } from '../scenario/scenarios';
import { checklist } from './checklist';

const page = readFileSync(join(__dirname, '..', '..', '..', 'docs', 'how-to', 'verify-a-cluster.md'), 'utf8');

describe('docs/how-to/verify-a-cluster.md', () => {
  it('has every check, in the order in which they are made', () => {
    const rows = [...page.matchAll(/^\| `([a-z-]+)` /gm)].map(([, name]) => name);
    expect(rows).toEqual(checklist.map(({ name }) => name));
  });

  it('has every scenario', () => {
    const items = [...page.matchAll(/^- `([a-z-]+)`:/gm)].map(([, name]) => name);
    expect(items).toEqual(scenarios.map(({ name }) => name));
  });
});
