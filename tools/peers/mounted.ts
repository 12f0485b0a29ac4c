import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Files in a folder as a pod finds those of a ConfigMap: links into a folder that is changed as a whole.
 *
 * @param folder made if it is not there; of an earlier call, its files are those of this one then
 */
export async function mountFiles(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  const data = `..${process.hrtime.bigint()}`;
  await mkdir(join(folder, data), { recursive: true });
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, data, name), text)));
  await symlink(data, join(folder, '..data_tmp'));
  await rename(join(folder, '..data_tmp'), join(folder, '..data'));
  for (const name of Object.keys(files)) {
    await rm(join(folder, name), { force: true });
    await symlink(join('..data', name), join(folder, name));
  }
}
