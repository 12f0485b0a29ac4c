import { Duration, Size } from 'cdk8s';
import { Endpoint, Prometheus, type IEvaluable, type PlatformApp, type Resources } from '../../../constructs';
import type { Environment } from '../../../environments/environment';
import { exampleProduction, productionOf } from '../../../environments/production';
import { productionSize, type ProductionSize } from '../../../environments/production-sizes';
import { platform } from '../../../main';

/** Asks for next to nothing, and may take what three of everything have beside each other on one machine. */
const resources: Resources = { cpu: '20m', memory: '128Mi', memoryLimit: '1Gi' };
const volume = { size: Size.gibibytes(5) };

function small<T extends object>(part: T): T & { resources: Resources } {
  return { ...part, ...('volume' in part && { volume }), resources };
}

const size: ProductionSize = {
  ...productionSize,
  otel: { ingestor: small(productionSize.otel.ingestor), aggregator: small(productionSize.otel.aggregator) },
  tempo: small(productionSize.tempo),
  prometheus: small(productionSize.prometheus),
  mimir: small(productionSize.mimir),
  logs: small(productionSize.logs),
  logTier: small(productionSize.logTier),
  alerting: small(productionSize.alerting),
};

/** Alerts of a team, each of a metric, as soon as there is a series of it. */
export const alertMetrics = { OrdersLost: 'shop_orders_lost', OrdersDoubled: 'shop_orders_doubled' } as const;

const rules: readonly IEvaluable[] = Object.entries(alertMetrics).map(([name, metric]) => ({
  name: metric.replaceAll('_', '-'),
  namespace: 'shop',
  slos: [],
  recordingRules: [],
  alerts: [
    {
      ...{ name, expr: `${metric} > 0`, for: Duration.seconds(1), severity: 'critical' as const },
      ...{ summary: 'An order is wrong', description: 'Somebody bought what does not come.' },
    },
  ],
}));

/**
 * Production, but for what one machine holds: sizes, objects in a store of the cluster, nothing in an archive that it would be too cold for, no
 * cache, whose program cannot be had, and people who are told at an address outside.
 *
 * @param people where they are told, by HTTP
 */
export function productionOnNode(people: { readonly host: string; readonly port: number }): PlatformApp {
  const {
    archive: _,
    modelVersions: __,
    cache: ___,
    ...environment
  } = productionOf({
    ...exampleProduction,
    size,
    storage: { volume, resources },
  });
  const endpoint = Endpoint.external(people.host, people.port, { scheme: 'http' });
  const told: Environment = {
    ...environment,
    alerting: {
      ...environment.alerting,
      receivers: { people: { webhook: { endpoint, path: '/' }, resolved: false } },
      routes: [],
      otherwise: 'people',
    },
  };
  const app = platform(told);
  const metrics = app.chart('metrics').node.findChild('prometheus');
  if (!(metrics instanceof Prometheus)) throw new Error('production has no Prometheus of ours');
  metrics.evaluate(...rules);
  return app;
}
