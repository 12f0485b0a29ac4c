import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Files of a Secret as a kubelet keeps them for a pod: links through `..data`, which is a link itself and is replaced at once, so that nobody
 * ever finds the old certificate beside the new key. Whoever watches a file sees no change of it.
 */
export class SecretVolume {
  private versions = 0;

  /** @param directory where they are; made with the first files */
  constructor(readonly directory: string) {}

  /** Puts other texts into the files; names are the same each time. */
  async write(files: Readonly<Record<string, string>>): Promise<void> {
    const before = `..${this.versions}`;
    this.versions += 1;
    const version = `..${this.versions}`;
    const at = (name: string) => join(this.directory, name);
    await mkdir(at(version), { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(at(version), name), text, { mode: 0o600 });
    await symlink(version, at('..data_tmp'));
    await rename(at('..data_tmp'), at('..data'));
    if (this.versions > 1) await rm(at(before), { recursive: true });
    else for (const name of Object.keys(files)) await symlink(join('..data', name), at(name));
  }
}
