import { z } from 'zod';
import { excerpt } from '../verify/http';
import { reasonOf, type ClusterApi } from '../verify/cluster/api';
import { VerifyError } from '../verify/check';

const listSchema = z.object({ items: z.array(z.unknown()).nullable() });

/** Something that this user may not read, and what is written instead. */
export interface Unread {
  /** As `kubectl auth can-i` would be asked, such as `list nodes`. */
  readonly right: string;
  /** What of the environment is the default because of it. */
  readonly instead: string;
}

/** What is to be read, in the words of somebody who grants it. */
export interface Wish {
  readonly path: string;
  readonly right: string;
  readonly instead: string;
}

/** Reads of a cluster what this user may, and keeps what he may not. It only gets. */
export class ClusterReader {
  readonly unread: Unread[] = [];

  constructor(readonly api: ClusterApi) {}

  /**
   * An object.
   *
   * @returns `undefined` where it is not there, or may not be read
   * @throws {VerifyError} without an answer, or for one that is neither
   */
  async get({ path, right, instead }: Wish): Promise<unknown> {
    const { status, text } = await this.api.send({ method: 'GET', path });
    if (status === 200) return JSON.parse(text);
    if (status === 404) return undefined;
    if (status === 403) {
      this.unread.push({ right, instead });
      return undefined;
    }
    throw new VerifyError(
      `the API server answers ${status} to GET ${path}: ${excerpt(reasonOf(text))}`,
      status === 401 ? 'log in to the cluster again' : 'see whether kubectl get works with the same context',
    );
  }

  /**
   * Those of a list that have the form that is asked for.
   *
   * @returns `undefined` where there is no such list, or it may not be read
   */
  async list<T>(wish: Wish, schema: z.ZodType<T>): Promise<readonly T[] | undefined> {
    const { success, data } = listSchema.safeParse(await this.get(wish));
    if (!success) return undefined;
    return (data.items ?? []).flatMap((item) => {
      const parsed = schema.safeParse(item);
      return parsed.success ? [parsed.data] : [];
    });
  }
}
