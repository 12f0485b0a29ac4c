import {
  anyChild,
  edgeKey,
  noRow,
  parseServiceKey,
  peerName,
  shapeKey,
  spanFlags,
  type TraceBatch,
} from '@plumbline/wire';
import type { BatchIndex } from './batch-index';
import type { NormalOperation } from './normal';

/** Most labels in a set of children; spans with more have none. */
const mostLabels = 64;

/** A set of children, known once a batch. */
export interface Shape {
  readonly id: number;
  readonly key: string;
  readonly labels: ReadonlySet<number>;
}

/** Names of calls that say nothing of whom is called. */
const bareCall = /^(HTTP )?(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS|QUERY)$/i;

/**
 * Sets of direct children of spans, by the names of their operations: whether a callee sent its own spans makes no difference.
 * A call that is named by its method alone goes by its callee as well.
 */
export class ShapeReader {
  /** Index of the edges of the batch by key. */
  readonly edgeIndex = new Map<string, number>();

  private readonly labelIds = new Map<string, number>();
  private readonly labelTexts: string[] = [];
  private readonly labelOf = new Map<number, number>();
  private readonly bare: readonly boolean[];
  /** Services that bare calls of the trace reached, by row of the call. */
  private readonly reached = new Map<number, number>();
  private readonly shapes = new Map<string, Shape>();
  /** Verdicts on (operation, shape): bit 1 breaks a rule, bit 2 lacks what is regular, bit 4 has what is new. */
  private readonly verdicts = new Map<number, number>();
  private children = new Map<number, number[]>();

  constructor(
    private readonly batch: TraceBatch,
    index: BatchIndex,
  ) {
    for (const [i, e] of index.edges.entries()) {
      this.edgeIndex.set(edgeKey(e.caller, e.callerOperation, e.callee, e.operation), i);
    }
    this.bare = batch.operations.map((operation) => bareCall.test(operation));
  }

  /** Gathers the labels of the children of every span of a trace. */
  read(first: number, end: number): void {
    const { spans } = this.batch;
    this.children = new Map();
    this.reached.clear();
    for (let row = first; row < end; row += 1) {
      const parent = spans.parentRow[row] ?? noRow;
      if (parent === noRow || this.bare[spans.operation[parent] ?? 0] !== true) continue;
      if (((spans.flags[row] ?? 0) & spanFlags.entry) !== 0) this.reached.set(parent, spans.service[row] ?? 0);
    }
    for (let row = first; row < end; row += 1) {
      const parent = spans.parentRow[row] ?? noRow;
      if (parent === noRow || ((spans.flags[row] ?? 0) & spanFlags.asynchronous) !== 0) continue;
      const label = this.label(row);
      const list = this.children.get(parent);
      if (list === undefined) this.children.set(parent, [label]);
      else if (!list.includes(label)) list.push(label);
    }
  }

  /** Set of children of a span of the trace that was read last; `undefined` where there are too many. */
  shapeOf(row: number): Shape | undefined {
    const labels = this.children.get(row) ?? [];
    if (labels.length > mostLabels) return undefined;
    if (labels.length > 1) labels.sort((a, b) => a - b);
    const text = labels.join(',');
    let shape = this.shapes.get(text);
    if (shape === undefined) {
      const key = shapeKey(labels.map((label) => this.labelTexts[label] ?? ''));
      shape = { id: this.shapes.size, key, labels: new Set(labels) };
      this.shapes.set(text, shape);
    }
    return shape;
  }

  breaks(shape: Shape, operation: number, normal: NormalOperation): boolean {
    return (this.verdict(shape, operation, normal) & 1) !== 0;
  }

  lacks(shape: Shape, operation: number, normal: NormalOperation): boolean {
    return (this.verdict(shape, operation, normal) & 2) !== 0;
  }

  /**
   * Has a child of a name that the operation never had: a new version goes another way, and what it does in another way is
   * not left out. Such a set neither breaks nor lacks anything until it is learnt.
   */
  isNew(shape: Shape, operation: number, normal: NormalOperation): boolean {
    return (this.verdict(shape, operation, normal) & 4) !== 0;
  }

  private verdict(shape: Shape, operation: number, { rules, regular, labels }: NormalOperation): number {
    const id = operation * 1_048_576 + shape.id;
    const known = this.verdicts.get(id);
    if (known !== undefined) return known;
    const has = (label: string): boolean => {
      const labelId = this.labelIds.get(label);
      return labelId !== undefined && shape.labels.has(labelId);
    };
    const isNew = [...shape.labels].some((label) => !labels.has(this.labelTexts[label] ?? ''));
    const breaks = !isNew && rules.some(({ given, expected }) => (given === anyChild || has(given)) && !has(expected));
    const lacks = !isNew && regular.some((label) => !has(label));
    const verdict = (breaks ? 1 : 0) | (lacks ? 2 : 0) | (isNew ? 4 : 0);
    this.verdicts.set(id, verdict);
    return verdict;
  }

  private label(row: number): number {
    const { spans, operations, services } = this.batch;
    const operation = spans.operation[row] ?? 0;
    // 0: nobody in particular; then services, then peers.
    const callee =
      this.bare[operation] !== true ? 0 : 1 + (this.reached.get(row) ?? services.length + (spans.peer[row] ?? 0));
    const id = operation * 4_194_304 + callee;
    const known = this.labelOf.get(id);
    if (known !== undefined) return known;
    const text = `${operations[operation] ?? ''}${this.calleeName(callee)}`;
    let label = this.labelIds.get(text);
    if (label === undefined) {
      label = this.labelTexts.length;
      this.labelIds.set(text, label);
      this.labelTexts.push(text);
    }
    this.labelOf.set(id, label);
    return label;
  }

  /** The name of a service, or of the host that a call went to, which often is the same. */
  private calleeName(callee: number): string {
    if (callee === 0) return '';
    const { services, peers } = this.batch;
    const service = services[callee - 1];
    if (service !== undefined) return ` ${parseServiceKey(service).service}`;
    const host = peerName(peers[callee - 1 - services.length] ?? '')
      .split('/')
      .at(-1);
    return host === undefined || host === '' ? '' : ` ${host.replace(/:\d+$/, '').split('.')[0] ?? ''}`;
  }
}
