/** What is asked of whoever may mend it: commands, and why they help. */
export interface Ill {
  readonly role: string;
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  readonly kubectl: string;
}

/** What mostly keeps a component of a kind from being well. */
const reasons: Readonly<Record<string, string>> = {
  'trace-store': 'Tempo is ready some 20 s after it reaches its bucket; plumbline doctor --only secrets,jobs,claims',
  'log-store':
    'Loki is ready some 20 s after it reaches its bucket or its volume; plumbline doctor --only secrets,jobs,claims',
  'metrics-store':
    'Prometheus reads back its log first, minutes after a crash; a full volume or a wrong configuration is in its log',
  collector: 'a collector that is not well refuses traces; a wrong configuration or a full queue is in its log',
  broker: 'workers wait for the broker, and read on by themselves; plumbline doctor --only claims,crashes',
  'object-store': 'Tempo and workers wait for the object store; plumbline doctor --only claims,secrets',
  alerting: 'alerts wait in Prometheus; a wrong configuration or a missing Secret is in its log',
  visualization: 'a database that fails, or a data source that is wrong, is in its log',
  worker:
    'what it waits for is said by itself: the broker, the object store or a model; plumbline doctor --only health,consumers',
  database: 'plumbline doctor --only claims,secrets,crashes',
};

/** A command that shows more, and what mostly is the reason. */
export function remedyFor({ role, namespace, pod, container, kubectl }: Ill): string {
  const log = `${kubectl} -n ${namespace} logs ${pod} -c ${container} --tail=50`;
  const reason = reasons[role];
  return reason === undefined ? log : `${log}; ${reason}`;
}
