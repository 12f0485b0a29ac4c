import { defaultTenant, serviceKey, type ServiceId } from '@plumbline/wire';
import type { OtlpReader } from '../otlp/otlp-reader';
import { resourceTags } from '../otlp/otlp-tags';
import { valueTypes } from '../otlp/span-table';
import type { ValuePosition } from '../otlp/value-reader';
import { ValueTexts } from '../otlp/value-text';
import { ByteInterner } from './byte-interner';
import { currentName, sides } from './semantic-conventions';

/** Who sent a set of spans. */
export interface Resource {
  /** Number of the service in {@link Resources.services}. */
  readonly service: number;
  /** JSON object of the attributes that are not in the service key. */
  readonly json: string;
  /** Some attributes were left out by a limit. */
  readonly truncated: boolean;
}

/** A resource with what it is recognized by again, once others were forgotten; `undefined` where there was no room for it. */
interface Known extends Resource {
  readonly key: DataView | undefined;
}

export interface ResourceLimits {
  /** Services of all tenants together; what comes later is service `other` of its tenant. */
  readonly maxServices: number;
  /** Different resources with spans in open traces; what comes later has no attributes but its service. */
  readonly maxResources: number;
  /** Of one resource's JSON, in characters. */
  readonly maxResourceLength: number;
}

/** Longest part of a service key, characters. */
const maxPartLength = 256;
const maxInternedBytes = 32 * 1024 * 1024;
const unknownService = 'unknown_service';
const otherService = 'other';

const identity = new Set(['tenant.id', 'deployment.environment.name', 'service.namespace', 'service.name']);

/**
 * Resources by their bytes: a repetition is recognized without looking into it. Spans in open traces hold on to their resource;
 * the others are forgotten when there are too many.
 */
export class Resources {
  /** Service keys by number. */
  readonly services: string[] = [];
  private readonly serviceNumbers = new Map<string, number>();
  private readonly interner: ByteInterner;
  private readonly byInterned: number[] = [];
  private readonly resources: (Known | undefined)[] = [];
  private readonly live: number[] = [];
  private readonly free: number[] = [];

  constructor(
    private readonly limits: ResourceLimits,
    private readonly onOtherService: () => void,
  ) {
    this.interner = new ByteInterner(limits.maxResources, maxInternedBytes);
  }

  /** @throws {RangeError} for a number that nobody holds */
  get(number: number): Resource {
    const resource = this.resources[number];
    if (resource === undefined) throw new RangeError(`no resource ${number}`);
    return resource;
  }

  /**
   * Number of the resource whose message lies in pieces in the bytes that the reader has open.
   *
   * @param tenant from the record's headers; empty where they name none, then the attribute `tenant.id` counts
   */
  number(reader: OtlpReader, pieces: readonly { start: number; end: number }[], tenant: string): number {
    const [first, ...more] = pieces;
    const { bytes, view } = reader.protobuf;
    if (first !== undefined && more.length === 0 && tenant === '') {
      const interned = this.interner.index(view, first.start, first.end);
      const known = this.byInterned[interned];
      if (known !== undefined) return known;
    }
    // The text before the zero names the tenant; attributes of a resource never begin with such bytes.
    const named = tenant === '' ? [] : [Buffer.from(`${tenant}\0`)];
    const key = Buffer.concat([...named, ...pieces.map(({ start, end }) => bytes.subarray(start, end))]);
    const keyView = new DataView(key.buffer, key.byteOffset, key.byteLength);
    const interned = this.interner.index(keyView, 0, key.length);
    const known = this.byInterned[interned];
    if (known !== undefined) return known;
    const number = this.add({ ...this.read(reader, pieces, tenant), key: keyView });
    if (interned >= 0) this.byInterned[interned] = number;
    return number;
  }

  /** One more span of it is in an open trace. */
  retain(number: number): void {
    this.live[number] = (this.live[number] ?? 0) + 1;
  }

  release(number: number): void {
    this.live[number] = (this.live[number] ?? 1) - 1;
  }

  /** Forgets resources without spans when there are many. Numbers that no open trace holds are invalid after it. */
  clearWhenFull(): void {
    if (!this.interner.nearlyFull) return;
    this.interner.clear();
    this.byInterned.length = 0;
    for (const [number, resource] of this.resources.entries()) {
      if (resource === undefined) continue;
      if ((this.live[number] ?? 0) === 0) {
        this.resources[number] = undefined;
        this.free.push(number);
      } else if (resource.key !== undefined) {
        const interned = this.interner.index(resource.key, 0, resource.key.byteLength);
        if (interned >= 0) this.byInterned[interned] ??= number;
      }
    }
  }

  private add(resource: Known): number {
    const crowded = this.resources.length - this.free.length >= this.limits.maxResources;
    const number = this.free.pop() ?? this.resources.length;
    this.resources[number] = crowded ? { ...resource, json: '{}', truncated: true, key: undefined } : resource;
    this.live[number] = 0;
    return number;
  }

  private read(reader: OtlpReader, pieces: readonly { start: number; end: number }[], tenant: string): Resource {
    const texts = new ValueTexts(reader);
    const own = new Map<string, string>();
    const rest: [string, unknown][] = [];
    let length = 2;
    let truncated = false;
    for (const { start, end } of pieces) {
      visitAttributes(reader, start, end, (position) => {
        const name = currentName(texts.utf8(position.keyStart, position.keyEnd).slice(0, maxPartLength), sides.server);
        if (identity.has(name)) {
          if (position.type !== valueTypes.none) own.set(name, texts.text(position.type, position.start, position.end));
          return;
        }
        const value = texts.json(position.type, position.start, position.end, 1);
        length += name.length + JSON.stringify(value).length + 4;
        if (length <= this.limits.maxResourceLength) rest.push([name, value]);
        else truncated = true;
      });
    }
    const part = (name: string) => (own.get(name) ?? '').slice(0, maxPartLength);
    const service = this.serviceNumber({
      tenant: tenant.slice(0, maxPartLength) || part('tenant.id') || defaultTenant,
      environment: part('deployment.environment.name'),
      namespace: part('service.namespace'),
      service: part('service.name') || unknownService,
    });
    rest.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return { service, json: JSON.stringify(Object.fromEntries(rest)), truncated: texts.takeCutOff() || truncated };
  }

  private serviceNumber(id: ServiceId): number {
    const key = serviceKey(id);
    const known = this.serviceNumbers.get(key);
    if (known !== undefined) return known;
    if (this.services.length < this.limits.maxServices) return this.addService(key);
    this.onOtherService();
    const other = serviceKey({ tenant: id.tenant, environment: '', namespace: '', service: otherService });
    const ofTenant = this.serviceNumbers.get(other);
    if (ofTenant !== undefined) return ofTenant;
    // Tenants are no more trusted than services: they too end in one that stands for the rest.
    if (this.services.length < 2 * this.limits.maxServices) return this.addService(other);
    const last = serviceKey({ tenant: otherService, environment: '', namespace: '', service: otherService });
    return this.serviceNumbers.get(last) ?? this.addService(last);
  }

  private addService(key: string): number {
    const number = this.services.length;
    this.services.push(key);
    this.serviceNumbers.set(key, number);
    return number;
  }
}

function visitAttributes(
  reader: OtlpReader,
  start: number,
  end: number,
  visit: (position: ValuePosition) => void,
): void {
  const { protobuf } = reader;
  protobuf.at = start;
  while (protobuf.at < end) {
    const tag = protobuf.tag(end);
    if (tag !== resourceTags.attributes) {
      protobuf.skip(tag, end);
      continue;
    }
    const position = { keyStart: 0, keyEnd: 0, type: valueTypes.none, start: 0, end: 0 };
    const next = protobuf.lengthDelimited(end);
    reader.values.readKeyValue(next, position, 1);
    visit(position);
    protobuf.at = next;
  }
}
