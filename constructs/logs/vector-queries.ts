import { rate } from '../core/promql';

/* What alerts and the dashboard of Vector ask alike; names as Vector 0.57 has them. */

/** Share of a sink's buffer that is full, by pod. @param of matchers of its series */
export function bufferUse(of: string): string {
  const bytes = (what: string) =>
    `sum by (job, instance, component_id) (vector_buffer_${what}_bytes{${of}, component_id="store"})`;
  return `${bytes('size')}\n/\n${bytes('max_size')}`;
}

/** Lines a second that a part drops though nobody asked it to. @param of matchers of its series */
export function lostEvents(of: string, range: string): string {
  return rate(`vector_component_discarded_events_total{${of}, intentional="false"}`, range, 'job', 'component_id');
}

/** Lines a second that are more than a service may say. @param of matchers of its series */
export function throttledEvents(of: string, range: string): string {
  return rate(
    `vector_component_discarded_events_total{${of}, component_id="limited", intentional="true"}`,
    range,
    'job',
  );
}

/** Errors a second, by part and kind. @param of matchers of its series */
export function componentErrors(of: string, range: string): string {
  return rate(`vector_component_errors_total{${of}}`, range, 'job', 'component_id', 'error_type');
}
