import { mix } from './random';
import { outcomes, type AttributeValue, type SimSpan, type System } from './system';
import type { Telemetry } from './telemetry';

/*
 * ExportTraceServiceRequest in protobuf form. Written by hand for speed: all that spans from one place have in common is encoded
 * once. Field numbers: opentelemetry-proto 1.x, as in `apps/wire/otlp-descriptor.ts`, against which it is tested.
 */

/** Encodes spans of one run. */
export class Encoder {
  private readonly templates = new Map<number, Buffer>();
  private readonly resources = new Map<number, Buffer>();
  private readonly scope = message(1, message(1, Buffer.from('simulator')));
  /** Grows to the largest request. */
  private buffer = Buffer.alloc(1 << 16);
  private at = 0;

  constructor(
    private readonly system: System,
    private readonly seed: number,
    private readonly telemetry: Telemetry,
  ) {}

  /** One request, after its length as a varint; spans grouped by resource. */
  request(spans: readonly SimSpan[]): Buffer {
    const byResource = new Map<number, SimSpan[]>();
    for (const span of spans) {
      const key = this.telemetry.resourceKey(span);
      const group = byResource.get(key);
      if (group === undefined) byResource.set(key, [span]);
      else group.push(span);
    }
    this.at = 0;
    for (const [key, group] of byResource) this.resourceSpans(key, group);
    const body = this.buffer.subarray(0, this.at);
    return Buffer.concat([varint(body.length), body]);
  }

  private resourceSpans(key: number, spans: readonly SimSpan[]): void {
    const resource = this.resource(key);
    let size = this.scope.length;
    for (const span of spans) size += headed(spanSize(span, this.template(span)));
    this.reserve(size + resource.length + 40);
    this.tag(0x0a, resource.length + headed(size));
    this.bytes(resource);
    this.tag(0x12, size);
    this.bytes(this.scope);
    for (const span of spans) this.span(span);
  }

  private span(span: SimSpan): void {
    const template = this.template(span);
    this.tag(0x12, spanSize(span, template));
    this.byte(0x0a);
    this.byte(16);
    const high = Math.floor(span.request / 2 ** 32);
    const low = span.request % 2 ** 32;
    // `mix` is one to one in its key, so the last two words alone tell the requests of a run apart.
    this.word(mix(mix(this.seed, high), low));
    this.word(mix(mix(this.seed ^ 0x74726163, high), low));
    this.word(mix(this.seed, high));
    this.word(mix(this.seed ^ 0x65696473, low));
    this.byte(0x12);
    this.byte(8);
    this.word(span.idHigh);
    this.word(span.idLow);
    if (span.parentHigh !== 0 || span.parentLow !== 0) {
      this.byte(0x22);
      this.byte(8);
      this.word(span.parentHigh);
      this.word(span.parentLow);
    }
    const { startUs, endUs } = this.telemetry.times(span);
    this.byte(0x39);
    this.time(startUs);
    this.byte(0x41);
    this.time(endUs);
    this.bytes(template);
  }

  /** Name, kind, attributes and status: what depends on place and outcome only. */
  private template({ template: index, outcome }: SimSpan): Buffer {
    const key = index * 4 + outcome;
    const known = this.templates.get(key);
    if (known !== undefined) return known;
    const template = this.system.templates[index];
    if (template === undefined) throw new RangeError(`there is no template ${index}`);
    const hasFailed = outcome === outcomes.failed || outcome === outcomes.timeout;
    const encoded = Buffer.concat([
      message(5, Buffer.from(template.name)),
      Buffer.from([0x30, template.kind]),
      ...Object.entries(template.attributes[outcome] ?? {}).map(([name, value]) => message(9, attribute(name, value))),
      ...(hasFailed ? [message(15, Buffer.from([0x18, 2]))] : []),
    ]);
    this.templates.set(key, encoded);
    return encoded;
  }

  private resource(key: number): Buffer {
    const known = this.resources.get(key);
    if (known !== undefined) return known;
    const { service, version, pod, node } = this.telemetry.resource(key);
    const attributes = {
      'service.name': service,
      'service.version': version,
      'k8s.pod.name': pod,
      'k8s.node.name': node,
    };
    const encoded = message(
      1,
      Buffer.concat(Object.entries(attributes).map(([name, value]) => message(1, attribute(name, value)))),
    );
    this.resources.set(key, encoded);
    return encoded;
  }

  private tag(tag: number, length: number): void {
    this.byte(tag);
    let rest = length;
    for (; rest > 127; rest >>>= 7) this.byte((rest & 127) | 128);
    this.byte(rest);
  }

  private byte(value: number): void {
    this.buffer[this.at] = value;
    this.at += 1;
  }

  private word(value: number): void {
    this.buffer.writeUInt32BE(value >>> 0, this.at);
    this.at += 4;
  }

  /** fixed64 nanoseconds from whole microseconds. */
  private time(timeUs: number): void {
    const low = (timeUs % 2 ** 32) * 1000;
    this.buffer.writeUInt32LE(low % 2 ** 32, this.at);
    this.buffer.writeUInt32LE(Math.floor(timeUs / 2 ** 32) * 1000 + Math.floor(low / 2 ** 32), this.at + 4);
    this.at += 8;
  }

  private bytes(bytes: Buffer): void {
    bytes.copy(this.buffer, this.at);
    this.at += bytes.length;
  }

  private reserve(more: number): void {
    if (this.at + more <= this.buffer.length) return;
    const grown = Buffer.alloc(2 * (this.at + more));
    this.buffer.copy(grown);
    this.buffer = grown;
  }
}

function spanSize(span: SimSpan, template: Buffer): number {
  const hasParent = span.parentHigh !== 0 || span.parentLow !== 0;
  return 18 + 10 + (hasParent ? 10 : 0) + 18 + template.length;
}

/** Bytes of a nested message of some length with tag (one byte) and length. */
function headed(length: number): number {
  return 1 + (length < 1 << 7 ? 1 : length < 1 << 14 ? 2 : length < 1 << 21 ? 3 : 4) + length;
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest = Math.floor(rest / 128)) bytes.push((rest & 127) | 128);
  bytes.push(rest);
  return Buffer.from(bytes);
}

function message(field: number, body: Buffer): Buffer {
  return Buffer.concat([varint(field * 8 + 2), varint(body.length), body]);
}

function attribute(name: string, value: AttributeValue): Buffer {
  const encoded =
    typeof value === 'number' ? Buffer.concat([Buffer.from([0x18]), varint(value)]) : message(1, Buffer.from(value));
  return Buffer.concat([message(1, Buffer.from(name)), message(2, encoded)]);
}
