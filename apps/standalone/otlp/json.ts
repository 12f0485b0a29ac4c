import { otlpDescriptor } from '@plumbline/wire';
import protobuf from 'protobufjs';
import { OtlpRefusal } from './errors';

const root = protobuf.Root.fromJSON(otlpDescriptor);
const exportRequest = root.lookupType('ExportTraceServiceRequest');

/** Deeper JSON is refused before it is parsed; OTLP itself needs 8 levels, attribute values a few more. */
const maxDepth = 64;

/**
 * Turns an OTLP/JSON request into its protobuf form. Trace and span ids are hexadecimal and enums may be numbers or names, as
 * the OTLP specification says; unknown fields are ignored.
 *
 * @throws {OtlpRefusal} `malformed` naming what is wrong
 */
export function jsonToProtobuf(text: string): Uint8Array {
  const depth = nestingDepth(text);
  if (depth > maxDepth) throw new OtlpRefusal('malformed', `JSON is nested deeper than ${maxDepth} levels`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new OtlpRefusal('malformed', `not JSON: ${messageOf(cause)}`, { cause });
  }
  if (!isObject(value)) throw new OtlpRefusal('malformed', 'the request is not a JSON object');
  for (const resourceSpans of listOf(value, 'resourceSpans')) {
    for (const scopeSpans of listOf(resourceSpans, 'scopeSpans')) {
      for (const span of listOf(scopeSpans, 'spans')) {
        decodeIds(span, ['traceId', 'spanId', 'parentSpanId']);
        checkTimes(span, ['startTimeUnixNano', 'endTimeUnixNano']);
        for (const link of listOf(span, 'links')) decodeIds(link, ['traceId', 'spanId']);
      }
    }
  }
  try {
    return exportRequest.encode(exportRequest.fromObject(value)).finish();
  } catch (cause) {
    throw new OtlpRefusal('malformed', `not an ExportTraceServiceRequest: ${messageOf(cause)}`, { cause });
  }
}

/** How deep brackets nest outside of strings; counts no further than the limit needs. */
function nestingDepth(text: string): number {
  let depth = 0;
  let deepest = 0;
  let inString = false;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (inString) {
      if (char === 0x5c) at += 1;
      else if (char === 0x22) inString = false;
    } else if (char === 0x22) inString = true;
    else if (char === 0x7b || char === 0x5b) {
      depth += 1;
      if (depth > deepest) deepest = depth;
      if (deepest > maxDepth) return deepest;
    } else if (char === 0x7d || char === 0x5d) depth -= 1;
  }
  return deepest;
}

type JsonObject = Record<string, unknown>;

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(object: JsonObject, field: string): JsonObject[] {
  const list = object[field];
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) throw new OtlpRefusal('malformed', `${field} is not a list`);
  return list.map((item: unknown) => {
    if (!isObject(item)) throw new OtlpRefusal('malformed', `an item of ${field} is not an object`);
    return item;
  });
}

function decodeIds(object: JsonObject, fields: readonly string[]): void {
  for (const field of fields) {
    const id = object[field];
    if (id === undefined || id === null) object[field] = Buffer.alloc(0);
    else if (typeof id !== 'string' || !/^(?:[0-9a-fA-F]{2})*$/.test(id)) {
      throw new OtlpRefusal('malformed', `${field} is not hexadecimal: ${JSON.stringify(id).slice(0, 80)}`);
    } else object[field] = Buffer.from(id, 'hex');
  }
}

/** What is no whole number would become some other one. */
function checkTimes(object: JsonObject, fields: readonly string[]): void {
  for (const field of fields) {
    const time = object[field];
    const whole = typeof time === 'string' ? /^\d{0,20}$/.test(time) : Number.isInteger(time ?? 0);
    if (whole) continue;
    throw new OtlpRefusal('malformed', `${field} is no number of nanoseconds: ${JSON.stringify(time).slice(0, 80)}`);
  }
}

function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 200);
}
