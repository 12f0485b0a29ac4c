import { podsOf } from './engine';
import { seedOf, unit } from './random';
import { SystemError, type SimSpan, type System } from './system';

/** A service gets a new version, pod by pod, and each of its pods a new name. */
export interface Release {
  readonly service: number;
  readonly atUs: number;
}

/** What the attributes of a resource come from. */
export interface Resource {
  readonly service: string;
  readonly version: string;
  readonly pod: string;
  readonly node: string;
}

/** Between the restarts of two pods of a service. */
const rolloutUs = 20_000_000;

/** What is recorded of what happened: with rounded times, on clocks that differ, not all of it, from pods that have names. */
export class Telemetry {
  private readonly pods;
  private readonly releases = new Map<number, Release[]>();
  private readonly resources = new Map<number, Resource>();
  private readonly lost: number;
  private readonly dark: ReadonlySet<number>;

  constructor(
    private readonly system: System,
    private readonly seed: number,
    releases: readonly Release[] = [],
    dark: readonly string[] = [],
  ) {
    const unknown = dark.find((name) => !system.services.some((service) => service.name === name));
    if (unknown !== undefined) throw new SystemError(`dark: there is no service ${unknown}`);
    this.dark = new Set(system.services.filter(({ name }) => dark.includes(name)).map(({ index }) => index));
    this.pods = podsOf(system);
    this.lost = seedOf('lost', seed);
    for (const release of [...releases].sort((a, b) => a.atUs - b.atUs)) {
      this.releases.set(release.service, [...(this.releases.get(release.service) ?? []), release]);
    }
  }

  isLost(span: SimSpan): boolean {
    if (this.dark.size > 0 && this.dark.has(this.pods[span.pod]?.service ?? -1)) return true;
    return this.system.lostShare > 0 && unit(this.lost ^ span.idHigh, span.idLow) < this.system.lostShare;
  }

  /** Start and end as recorded, whole microseconds since the epoch. */
  times(span: SimSpan): { startUs: number; endUs: number } {
    const { resolutionUs } = this.system.profile;
    const skewUs = this.system.nodes[this.pods[span.pod]?.node ?? 0]?.skewUs ?? 0;
    const round = (timeUs: number) => Math.floor((timeUs + skewUs) / resolutionUs) * resolutionUs;
    return { startUs: round(span.startUs), endUs: round(span.endUs) };
  }

  /** Key of the resource a span is from. */
  resourceKey(span: SimSpan): number {
    const place = this.pods[span.pod];
    const releases = place === undefined ? undefined : this.releases.get(place.service);
    if (place === undefined || releases === undefined) return span.pod;
    const done = releases.filter(({ atUs }) => atUs + place.number * rolloutUs <= span.startUs).length;
    return done * this.pods.length + span.pod;
  }

  resource(key: number): Resource {
    const known = this.resources.get(key);
    if (known !== undefined) return known;
    const pod = key % this.pods.length;
    const releases = Math.floor(key / this.pods.length);
    const place = this.pods[pod];
    const service = this.system.services[place?.service ?? -1];
    if (place === undefined || service === undefined) throw new RangeError(`there is no resource ${key}`);
    const [major = '1', minor = '0'] = service.version.split('.');
    const hash = seedOf('pod', this.seed, key).toString(36).padStart(7, '0');
    const resource = {
      service: service.name,
      version: releases === 0 ? service.version : `${major}.${Number(minor) + releases}.0`,
      pod: `${service.name}-${seedOf('replicas', this.seed, service.index, releases).toString(16).padStart(8, '0')}-${hash.slice(-5)}`,
      node: this.system.nodes[place.node]?.name ?? '',
    };
    this.resources.set(key, resource);
    return resource;
  }
}
