import { Root, type IField, type IMapField, type INamespace, type IType } from 'protobufjs';
import type { Activation } from '../autoencoder';

/** Fields of a message by name: number and type, or a list (`repeated`) or a map by strings (`map`) of it. */
export type Fields = Readonly<Record<string, readonly [id: number, type: string, kind?: 'repeated' | 'map']>>;

/**
 * Writes messages of one type. The descriptor has only the fields that we fill in, under the numbers of the published schema:
 * a reader takes all others to be absent.
 */
export function messageWriter(
  messages: Readonly<Record<string, Fields>>,
  root: string,
): (content: object) => Uint8Array {
  const nested = Object.fromEntries(Object.entries(messages).map(([name, fields]) => [name, typeOf(fields)]));
  const descriptor: INamespace = { nested };
  const type = Root.fromJSON(descriptor).lookupType(root);
  return (content) => {
    const problem = type.verify(content);
    if (problem !== null) throw new TypeError(`${root}: ${problem}`);
    return type.encode(type.create(content)).finish();
  };
}

function typeOf(fields: Fields): IType {
  const entries = Object.entries(fields).map(([name, [id, type, kind]]): [string, IField | IMapField] => {
    if (kind === 'map') return [name, { id, type, keyType: 'string' }];
    return [name, kind === 'repeated' ? { id, type, rule: kind } : { id, type }];
  });
  return { fields: Object.fromEntries(entries) };
}

/** What both formats call an activation. */
export const operators: Readonly<Record<Activation, string>> = { tanh: 'Tanh', relu: 'Relu', linear: 'Identity' };

/** Numbers as bytes, little-endian, as both formats have them. */
export function floatBytes(values: Float32Array): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, index) => view.setFloat32(index * 4, value, true));
  return new Uint8Array(view.buffer);
}
