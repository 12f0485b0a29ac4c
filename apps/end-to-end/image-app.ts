import { dataDirectory } from '@plumbline/tools/peers';
import { join } from 'node:path';
import { makeApps } from '../../tools/image/app';
import { runConfig } from '../../tools/image/dockerfile';
import { hostPlatform } from '../../tools/image/platforms';
import type { Environment } from './plumbline';

/** What is in the worker image, without the image: its own Node.js, which is another than that of tests. */
export interface ImageApp {
  readonly node: string;
  /** What stands before the arguments of a container. */
  readonly args: readonly string[];
  readonly env: Environment;
}

/** @throws {ImageError} without npm, or if the bundle cannot be made */
export async function imageApp(): Promise<ImageApp> {
  const [app] = await makeApps(await dataDirectory('image'), [hostPlatform()], true);
  if (app === undefined) throw new Error('there is no image for this machine');
  const { Env, Entrypoint } = runConfig();
  const flags = Entrypoint.filter((each) => each.startsWith('--'));
  return {
    node: app.node,
    args: [...flags, join(app.directory, 'plumbline.js')],
    env: Object.fromEntries(Env.map((each) => each.split(/=(.*)/s).slice(0, 2) as [string, string])),
  };
}
