import { TargetHistory } from '../routes/target-history';
import type { Measurement } from '../mtr/measurement';
import { pathsApp } from './app';
import { pathGraph } from './graph';
import { layoutGraph } from './layout-graph';
import { shortened } from './words';

const startMs = Date.UTC(2026, 0, 24, 14, 2, 9);
const path = (addresses: readonly (string | undefined)[], reached = true, loss = 0): Measurement => ({
  address: reached ? (addresses.at(-1) ?? '') : '203.0.113.99',
  reached,
  hops: addresses.map((host, index) => ({
    number: index + 1,
    host,
    sent: 10,
    loss: host === undefined ? 1 : index === addresses.length - 1 ? loss : 0,
    rtt: host === undefined ? undefined : { mean: 12.34, best: 10, worst: 1500, deviation: 2 },
  })),
});

function history(name: string, ...measurements: readonly Measurement[]): TargetHistory {
  const made = new TargetHistory({ name, host: `${name}.example.org`, site: 'Berlin 2' });
  for (const [index, each] of measurements.entries()) made.measuredAt(startMs + index * 60_000, each);
  return made;
}

const pageOf = async (histories: readonly TargetHistory[], url: string) => {
  const response = await pathsApp({ histories, now: () => startMs + 90_000 }).request(url);
  return { status: response.status, text: (await response.text()).replaceAll(/\s+/g, ' '), headers: response.headers };
};

describe('The page of paths', () => {
  const all = [
    history('good', path(['10.0.0.1', '203.0.113.1'])),
    history('lossy', path(['10.0.0.1', undefined, '203.0.113.2'], true, 0.3)),
    history('lost', path(['10.0.0.1', '203.0.113.99']), path(['10.0.0.1'], false)),
    history('moved', path(['10.0.0.1', '203.0.113.3']), path(['10.0.0.2', '203.0.113.3'])),
    history('new'),
  ];

  it('says how all are, in a sentence and in a row each', async () => {
    const { text } = await pageOf(all, '/');
    expect(text).toContain('2 of 5 targets answer, 1 loses packets, 1 does not answer, 1 not asked yet.');
    expect(text).toMatch(/<span class="tag warn">loses packets<\/span>.*lossy.*30 %.*12\.3 ms.*2\.00 ms/);
    expect(text).toContain('aria-label="Map of 4 targets behind 2 routers that answer');
  });

  it('says which hops are others, when, and whether the way is new', async () => {
    expect((await pageOf(all, '/')).text).toMatch(
      /2026-01-24 14:03:09<\/time>.*moved<\/a>.*hop 1, 10\.0\.0\.2 instead of 10\.0\.0\.1.*>new</,
    );
    expect((await pageOf(all.slice(0, 2), '/')).text).toContain('No route has changed.');
  });

  it('has a page of each target, with its path by hop', async () => {
    const { text } = await pageOf(all, '/targets/lossy');
    expect(text).toMatch(/<th scope="row" class="number">2<\/th>.*no answer.*100 %/);
    expect(text).toContain('1.5 s');
    expect(text).toContain('which is <span class="id">203.0.113.2</span>');
    expect((await pageOf(all, '/targets/nobody')).status).toBe(404);
  });

  it('says of a target that does not answer since when, and who did', async () => {
    const { text } = await pageOf(all, '/targets/lost');
    expect(text).toContain('14:03:09</time> UTC. The last that answered is 10.0.0.1, at hop 1');
  });

  it('says why a target was not measured', async () => {
    const failed = history('failed');
    failed.failedAt(startMs, 'failed', 'mtr exited with 1: <Permission denied>');
    const { text } = await pageOf([failed], '/targets/failed');
    expect(text).toContain('Not measured, 90 s ago: mtr exited with 1: &lt;Permission denied&gt;');
    expect((await pageOf([failed], '/')).text).toContain('0 of 1 target answers, 1 is not measured.');
  });

  it('escapes what comes from outside, and loads nothing but its own style sheet', async () => {
    const evil = '"><script>alert(1)</script>';
    const { text, headers } = await pageOf([history('evil', path([evil, '203.0.113.1']))], '/');
    expect(text).not.toContain('<script');
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'");
    expect(text).not.toMatch(/ style=|https?:\/\//);
    expect((await pageOf(all, '/assets/style.css')).text).toContain('prefers-color-scheme: dark');
  });

  it('tells programs the same', async () => {
    const { targets } = JSON.parse((await pageOf(all, '/paths.json')).text) as { targets: readonly object[] };
    expect(targets[1]).toMatchObject({ name: 'lossy', state: 'loses packets', reached: true, changes: 0 });
    expect(JSON.parse((await pageOf(all, '/targets/moved.json')).text)).toMatchObject({
      routes: [{ addresses: ['10.0.0.2', '203.0.113.3'] }, { addresses: ['10.0.0.1', '203.0.113.3'] }],
      changes: [{ isNew: true }],
    });
    expect((await pageOf(all, '/targets/nobody.json')).status).toBe(404);
  });
});

describe('The map', () => {
  it('draws once what paths share, in the colour of the best behind it: what answers came through', () => {
    const { nodes, edges } = pathGraph([
      history('a', path(['r', 'x', '203.0.113.1'])),
      history('b', path(['r', 'x', '203.0.113.2'], true, 0.5)),
      history('c', path(['r'], false)),
    ]);
    expect(nodes.filter(({ kind }) => kind === 'router').map(({ label }) => label)).toEqual(['r', 'x']);
    expect(edges.find(({ to }) => to === 'r')).toMatchObject({ tone: 'ok', targets: ['a', 'b', 'c'] });
    expect(edges.find(({ to }) => to === 'x')).toMatchObject({ tone: 'ok', targets: ['a', 'b'] });
    const { edges: alone } = pathGraph([history('c', path(['r'], false))]);
    expect(alone.map(({ to, tone }) => [to, tone])).toEqual([
      ['r', 'quiet'],
      ['target 203.0.113.99', 'bad'],
    ]);
    // What is behind the last router that answered, nobody knows.
    expect(edges.find(({ targets }) => targets.join() === 'c')).toMatchObject({
      from: 'r',
      passed: false,
      tone: 'bad',
    });
  });

  it('has a place of its own for each node, to the right of all that lead to it', () => {
    const graph = pathGraph([
      history('short', path(['r', 'x', '203.0.113.1'])),
      history('long', path(['r', 'y', undefined, 'x', '203.0.113.2'])),
      history('other', path(['q', 'y', '203.0.113.3'])),
    ]);
    const { nodes, edges } = layoutGraph(graph);
    const column = new Map(nodes.map((node) => [node.key, node.column]));
    for (const { from, to } of edges) expect(column.get(to)).toBeGreaterThan(column.get(from) ?? Infinity);
    expect(new Set(nodes.map(({ column: x, row }) => `${x} ${row}`)).size).toBe(nodes.length);
  });

  it('can be drawn where packets pass two routers in either order, and where they go round', () => {
    const { nodes } = layoutGraph(
      pathGraph([history('a', path(['x', 'y', '203.0.113.1'])), history('b', path(['y', 'x', 'y', '203.0.113.2']))]),
    );
    expect(nodes).toHaveLength(5);
  });

  it('is the same however targets are ordered', () => {
    const both = [history('a', path(['r', '203.0.113.1'])), history('b', path(['r', '203.0.113.2']))];
    const rows = (histories: readonly TargetHistory[]) =>
      Object.fromEntries(layoutGraph(pathGraph(histories)).nodes.map(({ key, row }) => [key, row]));
    expect(rows(both)).toEqual(rows(both.toReversed()));
  });

  it('shortens what does not fit in its middle, as ends tell addresses apart', () => {
    expect(shortened('2001:db8:1:ffff:aaaa:bbbb:cccc:1001', 15)).toBe('2001:db…cc:1001');
    expect(shortened('short', 15)).toBe('short');
  });
});
