import { serviceLabel, type Incident } from '@plumbline/wire';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { VerifyError } from '../verify/check';
import { ask } from '../verify/http';
import { loadNamespace } from './traffic';

const listSchema = z.object({
  incidents: z.array(z.looseObject({ id: z.string(), causes: z.array(z.looseObject({ service: z.string() })) })),
});
type Listed = Pick<Incident, 'id'> & { readonly causes: readonly { readonly service: string }[] };

const everyMs = 500;

/** An incident of the services that send the load. */
export interface SeenIncident {
  readonly id: string;
  /** The service named first, `undefined` without a clear cause. */
  readonly named: string | undefined;
  readonly at: number;
}

/**
 * The newest incidents on a page.
 *
 * @throws {VerifyError} without an answer, or for a page that does not list them
 */
export async function incidentsOn(pageUrl: string): Promise<readonly Listed[]> {
  const { status, json } = await ask('the page', `${pageUrl}/incidents.json`);
  const { success, data } = listSchema.safeParse(json);
  if (status !== 200 || !success) {
    throw new VerifyError(`${pageUrl} answers ${status} and does not list incidents`, 'give the page by --console');
  }
  return data.incidents;
}

/** Looks for an incident of the load that was not there before, until there is one or it is ended. */
export class IncidentWatch {
  seen: SeenIncident | undefined;
  private readonly ending = new AbortController();
  private readonly running: Promise<void>;

  private constructor(
    private readonly pageUrl: string,
    private readonly known: ReadonlySet<string>,
  ) {
    this.running = this.look();
  }

  /** @throws {VerifyError} if the page does not list incidents */
  static async start(pageUrl: string): Promise<IncidentWatch> {
    return new IncidentWatch(pageUrl, new Set((await incidentsOn(pageUrl)).map(({ id }) => id)));
  }

  async end(): Promise<SeenIncident | undefined> {
    this.ending.abort();
    await this.running;
    return this.seen;
  }

  private async look(): Promise<void> {
    while (!this.ending.signal.aborted && this.seen === undefined) {
      try {
        for (const { id, causes } of await incidentsOn(this.pageUrl)) {
          const labels = causes.map(({ service }) => serviceLabel(service));
          const isOfLoad = labels.some((label) => label.startsWith(`${loadNamespace}/`));
          if (!this.known.has(id) && (isOfLoad || causes.length === 0)) {
            this.seen = { id, named: labels[0], at: performance.now() };
            return;
          }
        }
      } catch (error) {
        if (!(error instanceof VerifyError)) throw error;
      }
      await sleep(everyMs, undefined, { signal: this.ending.signal }).catch(() => undefined);
    }
  }
}
