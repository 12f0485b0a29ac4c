import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectory } from './guard';

/** Where a server has its data, and its configuration. */
export interface Configured {
  readonly directory: string;
  readonly file: string;
}

/** Writes a configuration into a new folder for a server's data. */
export async function configured(name: string, fileName: string, text: string): Promise<Configured> {
  const directory = await dataDirectory(name);
  const file = join(directory, fileName);
  await writeFile(file, text);
  return { directory, file };
}
