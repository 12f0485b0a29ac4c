import { labelKinds, type LabelKind, type TraceBatch } from '@plumbline/wire';
import { resourceLabels, type ResourceLabels } from './resource-labels';

/** What one trace did in one version, pod or node of a service. */
export interface InstanceTime {
  /** Index into the batch's services. */
  readonly service: number;
  readonly kind: LabelKind;
  readonly text: string;
  actualMs: number;
  usualMs: number;
  /** A failure began there. */
  failing: boolean;
}

/** Gathers what one trace did where, by the labels of its spans' resources; costs nothing where they have none. */
export class Instances {
  /** By service, kind and text. */
  readonly times = new Map<string, InstanceTime>();
  private readonly labels: readonly (ResourceLabels | undefined)[];
  /** The same by resource and service, so that a span makes no text. */
  private readonly found = new Map<number, readonly InstanceTime[]>();

  constructor(private readonly batch: TraceBatch) {
    this.labels = batch.resources.map((json) => {
      const labels = resourceLabels(json);
      return Object.keys(labels).length === 0 ? undefined : labels;
    });
  }

  clear(): void {
    this.times.clear();
    this.found.clear();
  }

  /** A span of the trace is there. */
  see(row: number, failing: boolean): void {
    for (const time of this.of(row)) time.failing ||= failing;
  }

  /** Own time of a span, and what it usually is, milliseconds. */
  add(row: number, actualMs: number, usualMs: number): void {
    for (const time of this.of(row)) {
      time.actualMs += actualMs;
      time.usualMs += usualMs;
    }
  }

  private of(row: number): readonly InstanceTime[] {
    const { spans, services } = this.batch;
    const resource = spans.resource[row] ?? 0;
    const labels = this.labels[resource];
    if (labels === undefined) return [];
    const service = spans.service[row] ?? 0;
    const id = resource * services.length + service;
    let times = this.found.get(id);
    if (times === undefined) this.found.set(id, (times = this.timesOf(service, labels)));
    return times;
  }

  private timesOf(service: number, labels: ResourceLabels): InstanceTime[] {
    const times: InstanceTime[] = [];
    for (const kind of labelKinds) {
      const text = labels[kind];
      if (text === undefined) continue;
      const key = `${service}\n${kind}\n${text}`;
      let time = this.times.get(key);
      if (time === undefined) {
        this.times.set(key, (time = { service, kind, text, actualMs: 0, usualMs: 0, failing: false }));
      }
      times.push(time);
    }
    return times;
  }
}
