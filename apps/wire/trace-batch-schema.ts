import {
  type DataType,
  Dictionary,
  DurationNanosecond,
  Field,
  FixedSizeBinary,
  Float32,
  Float64,
  Int32,
  List,
  Schema,
  Struct,
  TimestampNanosecond,
  Uint16,
  Uint8,
  Utf8,
} from 'apache-arrow';
import { schemas } from './headers';

/** Key in the schema's metadata that names the version. */
export const versionKey = 'plumbline-schema';

/** Ids of the dictionaries, one for each list of strings of a batch. */
export const dictionaryIds = { services: 1, operations: 2, peers: 3, attributeKeys: 4, resources: 5 } as const;
export type DictionaryName = keyof typeof dictionaryIds;

function required(name: string, type: DataType): Field {
  return new Field(name, type, false);
}

/** Type of a column that refers to one of the batch's lists of strings. */
function reference(name: DictionaryName): Dictionary<Utf8, Int32> {
  return new Dictionary(new Utf8(), new Int32(), dictionaryIds[name]);
}

/** Types that occur in the columns; shared, so that encoding makes none. */
export const types = {
  id16: new FixedSizeBinary(16),
  id8: new FixedSizeBinary(8),
  uint8: new Uint8(),
  uint16: new Uint16(),
  int32: new Int32(),
  float32: new Float32(),
  float64: new Float64(),
  utf8: new Utf8(),
  time: new TimestampNanosecond('UTC'),
  duration: new DurationNanosecond(),
  services: reference('services'),
  operations: reference('operations'),
  peers: reference('peers'),
  attributeKeys: reference('attributeKeys'),
  resources: reference('resources'),
} as const;

const attribute = new Struct([
  required('key', types.attributeKeys),
  required('type', types.uint8),
  required('value', types.utf8),
]);
const attributes = new List(required('attribute', attribute));

const span = new Struct([
  required('span_id', types.id8),
  required('parent_span_id', types.id8),
  required('parent_row', types.int32),
  required('entry_row', types.int32),
  required('service', types.services),
  required('operation', types.operations),
  required('peer', types.peers),
  required('resource', types.resources),
  required('kind', types.uint8),
  required('status_code', types.uint8),
  required('flags', types.uint8),
  required('start_time', types.time),
  required('duration', types.duration),
  required('duration_ms', types.float32),
  required('self_ms', types.float32),
  required('gap_ms', types.float32),
  required('weight', types.float32),
  required('name', types.utf8),
  required('status_message', types.utf8),
  required('events', types.utf8),
  required('links', types.utf8),
  required('attributes', attributes),
]);
const spans = new List(required('span', span));

/** Nested types, by what their elements are. */
export const nested = { attribute, attributes, span, spans } as const;

/** One row a trace; `spans` holds its spans, parents before children. */
export const traceBatchSchema = new Schema(
  [
    required('trace_id', types.id16),
    required('revision', types.uint16),
    required('flags', types.uint8),
    required('event_time_ms', types.float64),
    required('entry_service', types.services),
    required('entry_operation', types.operations),
    required('spans', spans),
  ],
  new Map([[versionKey, schemas.traceBatch]]),
);
