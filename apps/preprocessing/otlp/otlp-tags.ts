import { wireTypes } from './protobuf-reader';

const { fixed64, lengthDelimited } = wireTypes;

/** A tag as it is on the wire. */
export const tagOf = (field: number, wireType: number) => (field << 3) | wireType;

export const resourceTags = { attributes: tagOf(1, lengthDelimited) };
export const eventTags = {
  time: tagOf(1, fixed64),
  name: tagOf(2, lengthDelimited),
  attributes: tagOf(3, lengthDelimited),
};
export const linkTags = {
  traceId: tagOf(1, lengthDelimited),
  spanId: tagOf(2, lengthDelimited),
  attributes: tagOf(4, lengthDelimited),
};
/** Of both `ArrayValue` and `KeyValueList`. */
export const listTags = { values: tagOf(1, lengthDelimited) };
