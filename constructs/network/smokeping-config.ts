import { isIPv6 } from 'node:net';
import type { Duration } from 'cdk8s';
import { compareText, contentHash } from '../core/content-hash';
import type { NetworkTarget } from './target';

/** A section of SmokePing's configuration: values, lines of a table, and sections below it. */
export interface SmokepingSection {
  readonly [name: string]: string | number | readonly string[] | SmokepingSection;
}

/** What the configuration of a SmokePing depends on. */
export interface SmokepingConfigOptions {
  readonly targets: readonly NetworkTarget[];
  /** Of the page. */
  readonly title: string;
  /** Who it says keeps it. */
  readonly owner: string;
  /** Whom it says to write to. */
  readonly contact: string;
  /** How often a target is measured. */
  readonly step: Duration;
  /** How many times in a row. */
  readonly pings: number;
}

/** Folders and files that SmokePing is told of, as they are in the container. */
export const smokepingPaths = {
  data: '/data',
  images: '/var/cache/smokeping',
  run: '/run/smokeping',
  fping: '/usr/sbin/fping',
  /** Of the image: the page around what is shown, and letters that nobody sends. */
  template: '/etc/smokeping/basepage.html',
  mail: '/etc/smokeping/smokemail',
  secret: '/etc/smokeping/tmail',
} as const;

/** Seconds between two pings of a target, and for how long an answer is waited for. */
const pingInterval = 1;
const pingTimeout = 1.5;
const [hour, day] = [3600, 24 * 3600];

/** How long measurements are kept, of which resolution: as they are, as averages with the lowest and highest, and for years. */
const kept = [
  { seconds: 0, days: 2 },
  { seconds: hour / 6, days: 40 },
  { seconds: 2 * hour, days: 730 },
];

/** Seconds that a round of pings takes at most. */
export function roundSeconds(pings: number): number {
  return pings * pingInterval + pingTimeout;
}

/**
 * The whole of SmokePing's configuration. Targets are below their region and site. Two probes, as one of either is told at its start of which
 * version of IP its addresses are; a name is of version 4.
 *
 * @see https://oss.oetiker.ch/smokeping/doc/smokeping_config.en.html
 */
export function smokepingConfig(options: SmokepingConfigOptions): SmokepingSection {
  const { targets, title, owner, contact, step, pings } = options;
  const paths = smokepingPaths;
  const fping = { binary: paths.fping, hostinterval: pingInterval, timeout: pingTimeout };
  return {
    General: {
      owner,
      contact,
      // Links are relative, as nobody knows here under which name the page is opened.
      cgiurl: 'http://localhost/smokeping/smokeping.cgi',
      linkstyle: 'relative',
      imgcache: paths.images,
      imgurl: 'cache',
      datadir: paths.data,
      piddir: paths.run,
      smokemail: paths.mail,
      tmail: paths.secret,
    },
    Database: { step: step.toSeconds(), pings, archives: archives(step) },
    Presentation: {
      template: paths.template,
      charset: 'utf-8',
      htmltitle: 'yes',
      graphborders: 'no',
      charts: {
        menu: 'Charts',
        title: 'What stands out',
        loss: chart('Loss', 'Most loss', 'Packets lost %f'),
        stddev: chart('StdDev', 'Most jitter', 'Standard deviation %f seconds'),
        median: chart('Median', 'Slowest', 'Median %f seconds'),
      },
      overview: { width: 600, height: 50, range: '10h' },
      detail: {
        width: 600,
        height: 200,
        unison_tolerance: 2,
        ranges: ['"Last 3 hours" 3h', '"Last 30 hours" 30h', '"Last 10 days" 10d', '"Last 400 days" 400d'],
      },
    },
    Probes: { FPing: fping, FPing6: { ...fping, protocol: 6 } },
    Targets: { probe: 'FPing', menu: 'All', title, ...tree(targets) },
  };
}

function chart(sorter: string, title: string, format: string): SmokepingSection {
  return { sorter: `${sorter}(entries=>5)`, menu: title, title, format };
}

/** Lines of round-robin archives: function, share that may be unknown, steps of a row, rows. */
function archives(step: Duration): readonly string[] {
  return archivesOf(step).map(({ how, steps, rows }) => `${how} 0.5 ${steps} ${rows}`);
}

function archivesOf(step: Duration) {
  const seconds = step.toSeconds();
  return kept.flatMap(({ seconds: wide, days }, index) => {
    const steps = Math.max(1, Math.round(wide / seconds));
    const rows = Math.ceil((days * day) / (steps * seconds));
    return (index === 0 ? ['AVERAGE'] : ['AVERAGE', 'MIN', 'MAX']).map((how) => ({ how, steps, rows }));
  });
}

/**
 * Bytes of the file of one target, which has its size from the start: of each row its loss, median, uptime and each ping, eight bytes each.
 *
 * @see https://oss.oetiker.ch/rrdtool/doc/rrdcreate.en.html
 */
export function databaseBytes(step: Duration, pings: number): number {
  const rows = archivesOf(step).reduce((sum, archive) => sum + archive.rows, 0);
  return rows * (pings + 3) * 8 + 64 * 1024;
}

type Below = (targets: readonly NetworkTarget[]) => SmokepingSection;

/** Targets below their region and site, each group once. Where neither is said, they are at the top. */
function tree(targets: readonly NetworkTarget[]): SmokepingSection {
  const groups = (key: 'region' | 'site', of: readonly NetworkTarget[], below: Below): SmokepingSection => {
    const places = Array.from(new Set(of.flatMap((target) => target[key] ?? []))).sort(compareText);
    return Object.fromEntries([
      ...places.map((place) => {
        const title = `${place}: latency and loss`;
        return [sectionOf(key, place), { menu: place, title, ...below(of.filter((each) => each[key] === place)) }];
      }),
      ...Object.entries(below(of.filter((each) => each[key] === undefined))),
    ]) as SmokepingSection;
  };
  const sites: Below = (of) => groups('site', of, leaves);
  return groups('region', targets, sites);
}

function leaves(targets: readonly NetworkTarget[]): SmokepingSection {
  return Object.fromEntries(
    targets
      .toSorted((a, b) => compareText(a.name, b.name))
      .map((target) => {
        const { name, host, link, provider } = target;
        const about = [
          host,
          ...(provider === undefined ? [] : [provider]),
          ...(link === undefined ? [] : [`link ${link}`]),
        ];
        const probe = isIPv6(host) ? { probe: 'FPing6' } : {};
        return [name, { ...probe, menu: name, title: `${name}: ${about.join(', ')}`, host }];
      }),
  );
}

/** Names of sections and of folders of the database. An underscore is in no name of a target. */
function sectionOf(key: string, place: string): string {
  const plain = place.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return `${key}_${plain === place ? plain : `${plain}-${contentHash(place).slice(0, 6)}`}`;
}

/** As SmokePing reads it: values come before tables, and both before what is below. */
export function writeSmokepingConfig(config: SmokepingSection): string {
  return Object.entries(config)
    .map(([name, section]) => `*** ${name} ***\n\n${isSection(section) ? written(section, 1) : ''}`)
    .join('\n');
}

function written(section: SmokepingSection, depth: number): string {
  const entries = Object.entries(section);
  const values = entries.flatMap(([name, value]) =>
    typeof value === 'string' || typeof value === 'number' ? [`${name} = ${value}\n`] : [],
  );
  const lines = entries.flatMap(([, value]) => (isTable(value) ? ['\n', ...value.map((line) => `${line}\n`)] : []));
  const below = entries.flatMap(([name, value]) =>
    isSection(value) ? [`\n${'+'.repeat(depth)} ${name}\n\n`, written(value, depth + 1)] : [],
  );
  return [...values, ...lines, ...below].join('');
}

type Value = SmokepingSection[string];

function isTable(value: Value): value is readonly string[] {
  return Array.isArray(value);
}

function isSection(value: Value): value is SmokepingSection {
  return typeof value === 'object' && !isTable(value);
}
