import { ports } from '../contracts';
import { smokepingPaths } from './smokeping-config';

/** Directives of Apache's configuration: a value, several of the same name, or those of a block. */
export interface HttpdDirectives {
  readonly [name: string]: string | readonly string[] | HttpdDirectives;
}

/** Folder of what a page is made of, in the image: styles, scripts, pictures. */
const htdocs = '/usr/share/webapps/smokeping';
/** Where the page is. */
export const pagePath = '/smokeping/smokeping.cgi';
const modules = ['mpm_prefork', 'authz_core', 'alias', 'mime', 'fcgid'];

/**
 * Apache for the one page: as a user who is nobody, with nothing but what it needs, and SmokePing's program as one that stays (FastCGI), as
 * a start of it takes most of a second.
 *
 * @param configFile SmokePing's configuration
 * @see https://httpd.apache.org/mod_fcgid/mod/mod_fcgid.html
 */
export function smokepingHttpd(configFile: string): HttpdDirectives {
  return {
    // With the folder `modules`.
    ServerRoot: '/var/www',
    LoadModule: modules.map((name) => `${name}_module modules/mod_${name}.so`),
    Listen: `${ports.smokeping}`,
    ServerName: 'smokeping',
    ServerTokens: 'Prod',
    ServerSignature: 'Off',
    TraceEnable: 'Off',
    PidFile: '/tmp/httpd.pid',
    // Of mutexes and sockets.
    DefaultRuntimeDir: '/tmp',
    ErrorLog: '/dev/stderr',
    LogLevel: 'warn',
    StartServers: '1',
    MinSpareServers: '1',
    MaxSpareServers: '3',
    MaxRequestWorkers: '20',
    LimitRequestBody: '65536',
    TypesConfig: '/etc/apache2/mime.types',
    DocumentRoot: `"${htdocs}"`,
    RedirectMatch: `^/(smokeping/?)?$ ${pagePath}`,
    Alias: [`/smokeping/cache "${smokepingPaths.images}"`, `/smokeping "${htdocs}"`],
    FcgidIPCDir: '/tmp/fcgid',
    FcgidProcessTableFile: '/tmp/fcgid_shm',
    FcgidMaxProcesses: '4',
    FcgidMinProcessesPerClass: '1',
    // A graph of a year of many targets.
    FcgidIOTimeout: '120',
    // Of a value it takes 127 characters, and drops the rest.
    FcgidInitialEnv: [
      'PATH /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      // Where fonts, once found, are written down.
      'HOME /tmp',
    ],
    'Directory "/"': { AllowOverride: 'None', Options: 'None', Require: 'all denied' },
    [`Directory "${htdocs}"`]: { Options: 'FollowSymLinks', Require: 'all granted' },
    // What the folder links to for its scripts, where they are packages of their own.
    'Directory "/usr/share/javascript"': { Require: 'all granted' },
    [`Directory "${smokepingPaths.images}"`]: { Require: 'all granted' },
    [`Location "${pagePath}"`]: {
      SetHandler: 'fcgid-script',
      Options: 'ExecCGI',
      Require: 'all granted',
      // By its name, as it is in another folder in each distribution.
      FcgidWrapper: `"/usr/bin/env smokeping_cgi ${configFile}" virtual`,
    },
  };
}

export function writeHttpd(directives: HttpdDirectives): string {
  return written(directives, '');
}

function written(directives: HttpdDirectives, indent: string): string {
  return Object.entries(directives)
    .map(([name, value]) => {
      if (typeof value === 'string') return `${indent}${name} ${value}\n`;
      if (isList(value)) return value.map((each) => `${indent}${name} ${each}\n`).join('');
      return `${indent}<${name}>\n${written(value, `${indent}  `)}${indent}</${name.split(' ')[0] ?? name}>\n`;
    })
    .join('');
}

function isList(value: readonly string[] | HttpdDirectives): value is readonly string[] {
  return Array.isArray(value);
}
