import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectory, freePort, smokepingFiles } from '../../tools/peers';
import { fileOf } from '../testing';

/** Where the files of a SmokePing are, and what they name. */
export interface SmokepingFiles {
  readonly directory: string;
  /** That Apache listens at. */
  readonly port: number;
  readonly config: string;
  readonly httpd: string;
  readonly data: string;
}

/** SmokePing's files, with folders and names of Debian in place of those of the image. */
export async function writeSmokepingFiles(objects: Parameters<typeof fileOf>[0]): Promise<SmokepingFiles> {
  const directory = await dataDirectory('smokeping');
  const at = (...path: string[]) => join(directory, ...path);
  for (const name of ['data', 'pictures', 'run', 'tmp']) await mkdir(at(name));
  const mediaTypes = ['text/css css', 'text/javascript js', 'image/png png'];
  await writeFile(at('mime.types'), mediaTypes.map((line) => `${line}\n`).join(''));
  const port = await freePort();
  const programs = join(smokepingFiles(), '..', 'bin');
  const places = new Map([
    ['/etc/plumbline/smokeping', directory],
    ['/etc/apache2/mime.types', at('mime.types')],
    ['/etc/smokeping/', `${smokepingFiles('etc', 'smokeping')}/`],
    ['/usr/share/webapps/smokeping', smokepingFiles('usr', 'share', 'smokeping', 'www')],
    ['/usr/share/javascript', smokepingFiles('usr', 'share', 'javascript')],
    ['/usr/sbin/fping', join(programs, 'fping')],
    ['ServerRoot /var/www', `ServerRoot ${smokepingFiles('usr', 'lib', 'apache2')}`],
    ['/var/cache/smokeping', at('pictures')],
    ['/run/smokeping', at('run')],
    ['= /data\n', `= ${at('data')}\n`],
    ['Listen 8080', `Listen 127.0.0.1:${port}`],
    ['/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', `${programs}:/usr/bin:/bin`],
    [' /tmp', ` ${at('tmp')}`],
  ]);
  // At once, as a place may be in the name of another.
  const any = new RegExp(Array.from(places.keys(), (place) => place.replaceAll('.', '\\.')).join('|'), 'g');
  for (const name of ['config', 'httpd.conf']) {
    const text = fileOf(objects, 'smokeping-config', name).replace(any, (place) => places.get(place) ?? place);
    await writeFile(at(name), text);
  }
  return { directory, port, config: at('config'), httpd: at('httpd.conf'), data: at('data') };
}
