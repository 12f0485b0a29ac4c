import { scalingArrays, type StoredNetwork } from '../autoencoder';
import { floatBytes, messageWriter, operators } from './proto';

/** Where a version of the models has it; its folder is the SavedModel. */
export const savedModelFile = 'autoencoder-savedmodel/saved_model.pb';

/** Values of `DataType`, https://github.com/tensorflow/tensorflow/blob/master/tensorflow/core/framework/types.proto */
const float = 1;
const int32 = 3;
const bool = 10;
/** Version of graphs, `TF_GRAPH_DEF_VERSION`, that the operators are of. TensorFlow 2.10 and 2.21 load it: `npm run accept:learning`. */
const producer = 1205;

/** https://github.com/tensorflow/tensorflow/tree/master/tensorflow/core: `saved_model`, `meta_graph` of `protobuf`; `graph`, `node_def`, `attr_value`, `tensor`, `tensor_shape`, `versions` of `framework`. */
const writeSavedModel = messageWriter(
  {
    SavedModel: { savedModelSchemaVersion: [1, 'int64'], metaGraphs: [2, 'MetaGraphDef', 'repeated'] },
    MetaGraphDef: {
      metaInfoDef: [1, 'MetaInfoDef'],
      graphDef: [2, 'GraphDef'],
      signatureDef: [5, 'SignatureDef', 'map'],
    },
    MetaInfoDef: { tags: [4, 'string', 'repeated'], tensorflowVersion: [5, 'string'] },
    SignatureDef: { inputs: [1, 'TensorInfo', 'map'], outputs: [2, 'TensorInfo', 'map'], methodName: [3, 'string'] },
    TensorInfo: { name: [1, 'string'], dtype: [2, 'int32'], tensorShape: [3, 'TensorShapeProto'] },
    GraphDef: { node: [1, 'NodeDef', 'repeated'], versions: [4, 'VersionDef'] },
    VersionDef: { producer: [1, 'int32'] },
    NodeDef: {
      name: [1, 'string'],
      op: [2, 'string'],
      input: [3, 'string', 'repeated'],
      attr: [5, 'AttrValue', 'map'],
    },
    AttrValue: {
      i: [3, 'int64'],
      b: [5, 'bool'],
      type: [6, 'int32'],
      shape: [7, 'TensorShapeProto'],
      tensor: [8, 'TensorProto'],
    },
    TensorProto: { dtype: [1, 'int32'], tensorShape: [2, 'TensorShapeProto'], tensorContent: [4, 'bytes'] },
    TensorShapeProto: { dim: [2, 'Dim', 'repeated'] },
    Dim: { size: [1, 'int64'] },
  },
  'SavedModel',
);

/**
 * The whole scorer as a graph whose weights are constants, so that there is no folder of variables beside it. Signature
 * `serving_default`: `features`, float32 [rows, columns] with NaN for what is absent, to `score`, float32 [rows].
 */
export function encodeSavedModel({ scaling, layers }: StoredNetwork): Uint8Array {
  const graph = new Graph();
  const { clip, columns } = scaling;
  const width = columns.length;
  graph.node('Placeholder', [], 'features', { dtype: { type: float }, shape: { shape: shapeOf([-1, width]) } });
  const columnwise = scalingArrays(scaling);
  const centers = graph.floats('centers', [width], columnwise.centers);
  const spreads = graph.floats('spreads', [width], columnwise.spreads);
  const used = graph.constant('used', [width], bool, columnwise.used);
  const low = graph.floats('low', [], Float32Array.of(-clip));
  const high = graph.floats('high', [], Float32Array.of(clip));
  const one = graph.floats('one', [], Float32Array.of(1));
  const rowAxis = graph.constant('axis', [], int32, Uint8Array.of(1, 0, 0, 0));

  const absent = graph.node('IsNan', ['features'], 'absent', typed);
  const has = graph.node('LogicalAnd', [graph.node('LogicalNot', [absent], 'given'), used], 'has');
  const present = graph.node('Cast', [has], 'present', { SrcT: { type: bool }, DstT: { type: float } });
  const known = graph.node('SelectV2', [has, 'features', centers], 'known', typed);
  const centered = graph.node('Sub', [known, centers], 'centered', typed);
  const scaled = graph.node('RealDiv', [centered, spreads], 'scaled', typed);
  const values = graph.node('Maximum', [graph.node('Minimum', [scaled, high], 'below', typed), low], 'values', typed);
  let output = graph.node('ConcatV2', [values, present, rowAxis], 'inputs', { ...axis('Tidx'), N: { i: 2 } });
  for (const { name, inputs, outputs, activation, kernel, bias } of layers) {
    const weights = graph.floats(`${name}/kernel`, [inputs, outputs], kernel);
    const product = graph.node('MatMul', [output, weights], `${name}/product`, typed);
    const sum = graph.node('BiasAdd', [product, graph.floats(`${name}/bias`, [outputs], bias)], `${name}/sum`, typed);
    output = graph.node(operators[activation], [sum], `${name}/output`, typed);
  }
  const error = graph.node('Sub', [output, values], 'error', typed);
  const squared = graph.node('Mul', [graph.node('Square', [error], 'squared', typed), present], 'counted', typed);
  const total = graph.node('Sum', [squared, rowAxis], 'total', axis('Tidx'));
  const count = graph.node('Sum', [present, rowAxis], 'count', axis('Tidx'));
  graph.node('RealDiv', [total, graph.node('Maximum', [count, one], 'divisor', typed)], 'score', typed);

  return writeSavedModel({
    savedModelSchemaVersion: 1,
    metaGraphs: [
      {
        metaInfoDef: { tags: ['serve'], tensorflowVersion: '2.10.1' },
        graphDef: { node: graph.nodes, versions: { producer } },
        signatureDef: {
          serving_default: {
            inputs: { features: { name: 'features:0', dtype: float, tensorShape: shapeOf([-1, width]) } },
            outputs: { score: { name: 'score:0', dtype: float, tensorShape: shapeOf([-1]) } },
            methodName: 'tensorflow/serving/predict',
          },
        },
      },
    ],
  });
}

type Attributes = Readonly<Record<string, object>>;

const typed: Attributes = { T: { type: float } };
const axis = (name: string): Attributes => ({ ...typed, [name]: { type: int32 } });

class Graph {
  readonly nodes: object[] = [];

  node(op: string, input: readonly string[], name: string, attr: Attributes = {}): string {
    this.nodes.push({ op, input, name, attr });
    return name;
  }

  floats(name: string, dims: readonly number[], values: Float32Array): string {
    return this.constant(name, dims, float, floatBytes(values));
  }

  constant(name: string, dims: readonly number[], type: number, tensorContent: Uint8Array): string {
    const tensor = { dtype: type, tensorShape: shapeOf(dims), tensorContent };
    return this.node('Const', [], name, { dtype: { type }, value: { tensor } });
  }
}

/** -1 is any size. */
function shapeOf(sizes: readonly number[]): object {
  return { dim: sizes.map((size) => ({ size })) };
}
