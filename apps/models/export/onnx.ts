import { scalingArrays, type StoredNetwork } from '../autoencoder';
import { floatBytes, messageWriter, operators } from './proto';

/** Where a version of the models has it. */
export const onnxFile = 'autoencoder.onnx';

/** Standard operators of ONNX 1.8 on, with the file format of that time: old servers read it too. */
const opset = 13;
const irVersion = 7;
/** https://onnx.ai/onnx/api/classes.html, `TensorProto.DataType` and `AttributeProto.AttributeType`. */
const float = 1;
const int64 = 7;
const bool = 9;
const intAttribute = 2;

/** https://github.com/onnx/onnx/blob/main/onnx/onnx.proto */
const writeModel = messageWriter(
  {
    ModelProto: {
      irVersion: [1, 'int64'],
      producerName: [2, 'string'],
      docString: [6, 'string'],
      graph: [7, 'GraphProto'],
      opsetImport: [8, 'OperatorSetIdProto', 'repeated'],
    },
    OperatorSetIdProto: { domain: [1, 'string'], version: [2, 'int64'] },
    GraphProto: {
      node: [1, 'NodeProto', 'repeated'],
      name: [2, 'string'],
      initializer: [5, 'TensorProto', 'repeated'],
      input: [11, 'ValueInfoProto', 'repeated'],
      output: [12, 'ValueInfoProto', 'repeated'],
    },
    NodeProto: {
      input: [1, 'string', 'repeated'],
      output: [2, 'string', 'repeated'],
      name: [3, 'string'],
      opType: [4, 'string'],
      attribute: [5, 'AttributeProto', 'repeated'],
    },
    AttributeProto: { name: [1, 'string'], i: [3, 'int64'], type: [20, 'int32'] },
    TensorProto: {
      dims: [1, 'int64', 'repeated'],
      dataType: [2, 'int32'],
      name: [8, 'string'],
      rawData: [9, 'bytes'],
    },
    ValueInfoProto: { name: [1, 'string'], type: [2, 'TypeProto'] },
    TypeProto: { tensorType: [1, 'TensorTypeProto'] },
    TensorTypeProto: { elemType: [1, 'int32'], shape: [2, 'TensorShapeProto'] },
    TensorShapeProto: { dim: [1, 'DimensionProto', 'repeated'] },
    DimensionProto: { dimValue: [1, 'int64'], dimParam: [2, 'string'] },
  },
  'ModelProto',
);

/**
 * The whole scorer as one graph: `features`, float32 [rows, columns] with NaN for what is absent, to `score`, float32 [rows].
 *
 * Operators: https://onnx.ai/onnx/operators/
 */
export function encodeOnnx({ scaling, layers }: StoredNetwork): Uint8Array {
  const graph = new Graph();
  const { clip, columns } = scaling;
  const width = columns.length;
  const columnwise = scalingArrays(scaling);
  const centers = graph.floats('centers', [width], columnwise.centers);
  const spreads = graph.floats('spreads', [width], columnwise.spreads);
  const used = graph.constant('used', [width], bool, columnwise.used);
  const low = graph.floats('low', [], Float32Array.of(-clip));
  const high = graph.floats('high', [], Float32Array.of(clip));
  const one = graph.floats('one', [], Float32Array.of(1));
  const rowAxis = graph.constant('axis', [1], int64, Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0));

  const absent = graph.node('IsNaN', ['features'], 'absent');
  const has = graph.node('And', [graph.node('Not', [absent], 'given'), used], 'has');
  const present = graph.node('Cast', [has], 'present', { to: float });
  const known = graph.node('Where', [has, 'features', centers], 'known');
  const scaled = graph.node('Div', [graph.node('Sub', [known, centers], 'centered'), spreads], 'scaled');
  const values = graph.node('Clip', [scaled, low, high], 'values');
  let output = graph.node('Concat', [values, present], 'inputs', { axis: 1 });
  for (const { name, inputs, outputs, activation, kernel, bias } of layers) {
    const kernelName = graph.floats(`${name}/kernel`, [inputs, outputs], kernel);
    const sum = graph.node('Gemm', [output, kernelName, graph.floats(`${name}/bias`, [outputs], bias)], `${name}/sum`);
    output = graph.node(operators[activation], [sum], name);
  }
  const error = graph.node('Sub', [output, values], 'error');
  const squared = graph.node('Mul', [graph.node('Mul', [error, error], 'squared'), present], 'counted');
  const total = graph.node('ReduceSum', [squared, rowAxis], 'total', { keepdims: 0 });
  const count = graph.node('ReduceSum', [present, rowAxis], 'count', { keepdims: 0 });
  graph.node('Div', [total, graph.node('Max', [count, one], 'divisor')], 'score');

  return writeModel({
    irVersion,
    producerName: 'plumbline',
    docString: 'Mean squared error, in spreads, of the values of a trace; NaN is absent',
    opsetImport: [{ domain: '', version: opset }],
    graph: {
      name: 'autoencoder',
      node: graph.nodes,
      initializer: graph.initializers,
      input: [tensorOf('features', [{ dimParam: 'rows' }, { dimValue: width }])],
      output: [tensorOf('score', [{ dimParam: 'rows' }])],
    },
  });
}

class Graph {
  readonly nodes: object[] = [];
  readonly initializers: object[] = [];

  node(
    opType: string,
    input: readonly string[],
    name: string,
    attributes: Readonly<Record<string, number>> = {},
  ): string {
    const attribute = Object.entries(attributes).map(([key, i]) => ({ name: key, i, type: intAttribute }));
    this.nodes.push({ opType, input, output: [name], name, attribute });
    return name;
  }

  floats(name: string, dims: readonly number[], values: Float32Array): string {
    return this.constant(name, dims, float, floatBytes(values));
  }

  constant(name: string, dims: readonly number[], dataType: number, rawData: Uint8Array): string {
    this.initializers.push({ name, dims, dataType, rawData });
    return name;
  }
}

function tensorOf(name: string, dim: readonly object[]): object {
  return { name, type: { tensorType: { elemType: float, shape: { dim } } } };
}
