import { z } from 'zod';
import { VerifyError } from '../check';
import type { VerifyContext } from '../context';
import { expectedDataSources } from '../expected';
import { ask, excerpt, type HttpAnswer } from '../http';

const userVariable = 'GF_SECURITY_ADMIN_USER';
const passwordVariable = 'GF_SECURITY_ADMIN_PASSWORD';

const dataSourceSchema = z.object({ uid: z.string(), name: z.string(), type: z.string(), url: z.string() });

/** A data source as Grafana has it. */
export type DataSource = z.infer<typeof dataSourceSchema>;

/** Grafana as its administrator sees it. */
export class GrafanaClient {
  private constructor(
    readonly url: string,
    private readonly authorization: string,
    readonly user: string,
  ) {}

  /**
   * As the administrator whose name and password are rendered.
   *
   * @throws {VerifyError} if there is no way to it, or its password cannot be read
   */
  static async open({ rendered, servers }: Pick<VerifyContext, 'rendered' | 'servers'>): Promise<GrafanaClient> {
    const { workload } = expectedDataSources(rendered);
    const url = await servers.url('grafana');
    const user = await servers.variable('grafana', workload, userVariable);
    const password = await servers.variable('grafana', workload, passwordVariable);
    if (user === undefined || password === undefined) {
      throw new VerifyError(
        `${workload.metadata.name} has no ${user === undefined ? userVariable : passwordVariable}`,
        `set the variables ${userVariable} and ${passwordVariable}`,
      );
    }
    return new GrafanaClient(url, `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`, user);
  }

  /** @throws {VerifyError} when there is no answer */
  get(path: string): Promise<HttpAnswer> {
    return ask('Grafana', `${this.url}${path}`, { headers: { authorization: this.authorization } });
  }

  /** What a data source answers to Grafana. @throws {VerifyError} when there is no answer */
  through(uid: string, path: string): Promise<HttpAnswer> {
    return this.get(`/api/datasources/proxy/uid/${encodeURIComponent(uid)}${path}`);
  }

  /** @throws {VerifyError} if it does not list them */
  async dataSources(): Promise<readonly DataSource[]> {
    const answer = await this.get('/api/datasources');
    const { success, data } = z.array(dataSourceSchema).safeParse(answer.json);
    if (answer.status === 200 && success) return data;
    throw new VerifyError(
      `Grafana answers ${answer.status} when asked for its data sources: ${excerpt(answer.text)}`,
      'see the check "login"',
    );
  }
}
