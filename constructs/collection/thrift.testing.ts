/** A struct of Thrift: its fields by their numbers. */
export type ThriftStruct = readonly (readonly [id: number, value: ThriftValue])[];

/** Numbers of 64 bits are bigint, those of 32 number. */
export type ThriftValue =
  bigint | number | string | { readonly struct: ThriftStruct } | { readonly list: readonly ThriftStruct[] };

/** A struct in Thrift's binary protocol. @see https://github.com/apache/thrift/blob/master/doc/specs/thrift-binary-protocol.md */
export function thriftBinary(struct: ThriftStruct): Buffer {
  const fields = struct.map(([id, value]) => {
    const head = Buffer.alloc(3);
    head.writeUInt8(binaryType(value));
    head.writeInt16BE(id, 1);
    return Buffer.concat([head, binaryValue(value)]);
  });
  return Buffer.concat([...fields, Buffer.of(0)]);
}

/** A one-way call in Thrift's compact protocol. @see https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md */
export function thriftCompactCall(name: string, args: ThriftStruct): Buffer {
  return Buffer.concat([Buffer.of(0x82, (4 << 5) | 1), varint(0n), compactText(name), compactStruct(args)]);
}

function binaryType(value: ThriftValue): number {
  if (typeof value === 'bigint') return 10;
  if (typeof value === 'number') return 8;
  if (typeof value === 'string') return 11;
  return 'struct' in value ? 12 : 15;
}

function binaryValue(value: ThriftValue): Buffer {
  if (typeof value === 'bigint') {
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64BE(value);
    return bytes;
  }
  if (typeof value === 'number') return int32(value);
  if (typeof value === 'string') return Buffer.concat([int32(Buffer.byteLength(value)), Buffer.from(value)]);
  if ('struct' in value) return thriftBinary(value.struct);
  return Buffer.concat([Buffer.of(12), int32(value.list.length), ...value.list.map(thriftBinary)]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

function compactStruct(struct: ThriftStruct): Buffer {
  let last = 0;
  const fields = struct.map(([id, value]) => {
    const head = Buffer.of(((id - last) << 4) | compactType(value));
    last = id;
    return Buffer.concat([head, compactValue(value)]);
  });
  return Buffer.concat([...fields, Buffer.of(0)]);
}

function compactType(value: ThriftValue): number {
  if (typeof value === 'bigint') return 6;
  if (typeof value === 'number') return 5;
  if (typeof value === 'string') return 8;
  return 'struct' in value ? 12 : 9;
}

function compactValue(value: ThriftValue): Buffer {
  if (typeof value === 'bigint' || typeof value === 'number') return varint(zigzag(BigInt(value)));
  if (typeof value === 'string') return compactText(value);
  if ('struct' in value) return compactStruct(value.struct);
  // Fewer than fifteen: their count is in the head.
  return Buffer.concat([Buffer.of((value.list.length << 4) | 12), ...value.list.map(compactStruct)]);
}

function compactText(text: string): Buffer {
  return Buffer.concat([varint(BigInt(Buffer.byteLength(text))), Buffer.from(text)]);
}

function zigzag(value: bigint): bigint {
  return BigInt.asUintN(64, (value << 1n) ^ (value >> 63n));
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.of(...bytes, Number(rest));
}
