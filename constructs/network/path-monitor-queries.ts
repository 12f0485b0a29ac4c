/* What alerts and the dashboard of paths ask alike. Pods come and go, so that targets are told apart by name alone. */

const perTarget = (expression: string) => `max by (job, target) (${expression})`;

/** Whether each target answers, 0 or 1. @param of matchers of the series */
export function reached(of: string): string {
  return perTarget(`plumbline_network_path_reached{${of}}`);
}

/** Share of packets to each target that is lost. @param range over which, not only in the newest measurement */
export function loss(of: string, range?: string): string {
  const series = `plumbline_network_path_loss_ratio{${of}}`;
  return perTarget(range === undefined ? series : `avg_over_time(${series}[${range}])`);
}

/** Round trip to each target, seconds. @param offset how long before now */
export function roundTrip(of: string, range?: string, offset = ''): string {
  const series = `plumbline_network_path_rtt_seconds{${of}}`;
  return perTarget(range === undefined ? series : `avg_over_time(${series}[${range}]${offset})`);
}

/** Changes of the route to each target. @param to `new`, or both ways by default */
export function routeChanges(of: string, range: string, to?: 'new'): string {
  const newness = to === undefined ? '' : `, to="${to}"`;
  return `sum by (job, target) (increase(plumbline_network_path_changes_total{${of}${newness}}[${range}]))`;
}
