import { labelKinds, type LabelKind, type TraceBatch } from '@plumbline/wire';
import { resourceLabels } from './resource-labels';

/** A version, pod or node of a service. */
export interface Instance {
  /** Index into the batch's services. */
  readonly service: number;
  readonly kind: LabelKind;
  readonly text: string;
}

const none: readonly number[] = [];

/**
 * Gathers what one trace did where, by the labels of its spans' resources. Instances of a batch have numbers, so that no span
 * makes a text; spans without labels cost a look into a table.
 */
export class Instances {
  /** By number. */
  readonly all: Instance[] = [];
  /** Numbers of those that the trace has spans of. */
  readonly touched: number[] = [];
  /** By number: own time of the trace there, what it usually is, and whether a failure began there. */
  readonly actualMs: number[] = [];
  readonly usualMs: number[] = [];
  readonly failing: boolean[] = [];

  private readonly present: boolean[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly isLabelled: readonly boolean[];
  /** Numbers by resource and service. */
  private readonly known = new Map<number, readonly number[]>();
  private lastId = -1;
  private last = none;

  constructor(private readonly batch: TraceBatch) {
    this.isLabelled = batch.resources.map((json) => Object.keys(resourceLabels(json)).length > 0);
  }

  clear(): void {
    for (const i of this.touched) {
      this.present[i] = this.failing[i] = false;
      this.actualMs[i] = this.usualMs[i] = 0;
    }
    this.touched.length = 0;
  }

  /** A span of the trace is there. */
  see(row: number, failing: boolean): void {
    for (const i of this.of(row)) if (failing) this.failing[i] = true;
  }

  /** Own time of a span, and what it usually is, milliseconds. */
  add(row: number, actualMs: number, usualMs: number): void {
    for (const i of this.of(row)) {
      this.actualMs[i] = (this.actualMs[i] ?? 0) + actualMs;
      this.usualMs[i] = (this.usualMs[i] ?? 0) + usualMs;
    }
  }

  private of(row: number): readonly number[] {
    const { spans, services } = this.batch;
    const resource = spans.resource[row] ?? 0;
    if (this.isLabelled[resource] !== true) return none;
    const service = spans.service[row] ?? 0;
    const id = resource * services.length + service;
    if (id !== this.lastId) {
      let numbers = this.known.get(id);
      if (numbers === undefined) this.known.set(id, (numbers = this.number(resource, service)));
      [this.lastId, this.last] = [id, numbers];
    }
    for (const i of this.last) {
      if (this.present[i] === true) continue;
      this.present[i] = true;
      this.touched.push(i);
    }
    return this.last;
  }

  private number(resource: number, service: number): number[] {
    const labels = resourceLabels(this.batch.resources[resource] ?? '');
    return labelKinds.flatMap((kind) => {
      const text = labels[kind];
      if (text === undefined) return [];
      const key = `${service}\n${kind}\n${text}`;
      let number = this.numbers.get(key);
      if (number === undefined) this.numbers.set(key, (number = this.all.push({ service, kind, text }) - 1));
      return [number];
    });
  }
}
