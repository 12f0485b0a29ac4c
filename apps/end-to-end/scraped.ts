import { dataDirectory, startPrometheus, type PrometheusPeer } from '@plumbline/tools/peers';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse, stringify } from 'yaml';
import { Rendered, renderedChart } from './rendered';

interface PrometheusConfig {
  readonly scrape_configs: readonly { readonly job_name: string }[];
}

/** A Prometheus with the scrape jobs of a rendered one; what each reads is set by the test. */
export class ScrapedPrometheus {
  private constructor(
    readonly peer: PrometheusPeer,
    readonly port: number,
    readonly jobs: readonly string[],
    private readonly directory: string,
  ) {}

  /** Every job reads Prometheus itself at first. */
  static async start(environment: string): Promise<ScrapedPrometheus> {
    const rendered = new Rendered(renderedChart(environment, 'metrics')).file('prometheus-config', 'prometheus.yml');
    const { scrape_configs: configs } = parse(rendered) as PrometheusConfig;
    const jobs = configs.map(({ job_name: name }) => name);
    const directory = await dataDirectory('targets');
    const scrapes = jobs.map((name) => ({
      job_name: name,
      scrape_interval: '1s',
      file_sd_configs: [{ files: [join(directory, `${name}.json`)], refresh_interval: '1s' }],
    }));
    const peer = await startPrometheus(stringify({ scrape_configs: scrapes }));
    const prometheus = new ScrapedPrometheus(peer, Number(new URL(peer.url).port), jobs, directory);
    await prometheus.reset();
    return prometheus;
  }

  /** Has a job read this `host:port`, or nothing. */
  async setTarget(job: string, target: string | undefined): Promise<void> {
    const groups = target === undefined ? [] : [{ targets: [target] }];
    await writeFile(join(this.directory, `${job}.json`), JSON.stringify(groups));
  }

  /** Has every job read Prometheus itself. */
  async reset(): Promise<void> {
    await Promise.all(this.jobs.map((job) => this.setTarget(job, `127.0.0.1:${this.port}`)));
  }
}
