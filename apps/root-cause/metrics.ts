import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** What the worker counts; names as on `/metrics`. */
export class RootCauseMetrics {
  readonly windows: Counter<'result'>;
  readonly incidents: Counter<'event'>;
  readonly openedBy: Counter<'service'>;
  readonly openedAfter: Histogram;
  readonly open: Gauge;
  readonly malformed: Counter;
  readonly unheard: Counter;
  readonly newestWindow: Gauge;
  readonly late: Counter;
  readonly closedEarly: Counter;

  constructor(registry: Registry) {
    const registers = [registry];
    this.windows = new Counter({
      name: 'plumbline_root_cause_windows_total',
      help: 'Closed windows: judged, unjudged for want of a profile, incomplete for want of verdicts',
      labelNames: ['result'],
      registers,
    });
    this.incidents = new Counter({
      name: 'plumbline_incidents_total',
      help: 'Revisions of incidents published: opened, updated, resolved',
      labelNames: ['event'],
      registers,
    });
    this.openedBy = new Counter({
      name: 'plumbline_incidents_opened_total',
      help: 'Incidents by the service that was their first cause when they opened; empty for no clear cause',
      labelNames: ['service'],
      registers,
    });
    this.openedAfter = new Histogram({
      name: 'plumbline_incident_opening_seconds',
      help: 'From the start of the first anomalous window to the publication of the incident',
      buckets: [15, 30, 45, 60, 90, 120, 180, 300, 600, 1800],
      registers,
    });
    this.open = new Gauge({ name: 'plumbline_incidents_open', help: 'Open incidents', registers });
    this.malformed = new Counter({
      name: 'plumbline_root_cause_malformed_total',
      help: 'Records that could not be read and went to the dead-letter topic',
      registers,
    });
    this.unheard = new Counter({
      name: 'plumbline_root_cause_unheard_objects_total',
      help: 'Objects of the anomaly bucket that no verdict told of, found by the catch-up scan',
      registers,
    });
    this.newestWindow = new Gauge({
      name: 'plumbline_root_cause_newest_window_seconds',
      help: 'Start of the newest window looked at, event time, seconds since the epoch',
      registers,
    });
    this.late = new Counter({
      name: 'plumbline_root_cause_late_windows_total',
      help: 'Statistics that came for windows already closed, and were dropped: one for each record and window',
      registers,
    });
    this.closedEarly = new Counter({
      name: 'plumbline_root_cause_early_windows_total',
      help: 'Windows closed for want of memory before all partitions had told of them: one of them stalls',
      registers,
    });
  }
}
