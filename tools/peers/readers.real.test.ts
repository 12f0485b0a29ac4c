import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectory } from './guard';
import { promtool, startPrometheus } from './prometheus';
import { python } from './python';

describe('promtool and Prometheus', () => {
  it('tell a good configuration from a bad one', async () => {
    const directory = await dataDirectory('promtool');
    const file = join(directory, 'prometheus.yaml');
    await writeFile(file, 'scrape_configs: [{job_name: self, static_configs: [{targets: ["127.0.0.1:1"]}]}]\n');
    await promtool(['check', 'config', '--syntax-only', file]);
    await writeFile(file, 'scrape_configs: [{job_name: self, statics: []}]\n');
    await expect(promtool(['check', 'config', '--syntax-only', file])).rejects.toThrow(/field statics not found/);
  });

  it('answer queries over what they scraped', async () => {
    const prometheus = await startPrometheus('global: {scrape_interval: 1s}\n');
    const response = await fetch(`${prometheus.url}/api/v1/query?query=vector(1)`);
    expect(await response.json()).toMatchObject({ status: 'success', data: { resultType: 'vector' } });
    await prometheus.stop();
  });
});

describe('Python', () => {
  it('reads with DuckDB what pyarrow wrote', async () => {
    const directory = await dataDirectory('python');
    const script = `
import duckdb, pyarrow as pa, pyarrow.parquet as pq
pq.write_table(pa.table({'span': ['a', 'b']}), 'spans.parquet', compression='snappy')
print(duckdb.sql("select count(*) from 'spans.parquet'").fetchall()[0][0], pa.__version__)
`;
    expect((await python(['-c', script], { cwd: directory })).stdout).toBe('2 26.0.1\n');
  });
});
