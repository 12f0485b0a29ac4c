import {
  Grafana,
  Loki,
  ObjectStore,
  OtelTier,
  PlatformApp,
  Postgres,
  Prometheus,
  TempoMonolith,
} from '../../constructs';
import type { KubeObject } from '../../constructs/invariants';
import { renderApp } from '../../constructs/testing';
import { platform } from '../../main';
import { enterpriseSizes } from '../enterprise-sizes';
import { minimal } from '../minimal';
import { production } from '../production';
import { sizes, type EnvironmentSize } from '../sizes';
import { thesis } from '../thesis';
import type { SizedName } from './loads';

/** What document 001 collects, stores and shows, of one size. */
export function stackOf(size: EnvironmentSize): PlatformApp {
  const app = new PlatformApp({ name: 'sized', outdir: 'never-written', defaultNamespace: 'observability' });
  const storage = new ObjectStore(app.chart('storage'), 'objects', size.storage);
  const metrics = new Prometheus(app.chart('metrics'), 'prometheus', size.prometheus);
  const blocks = storage.bucket('tempo-traces');
  const tempo = new TempoMonolith(app.chart('tracing'), 'tempo', { ...size.tempo, blocks, metrics });
  const logs = new Loki(app.chart('logs'), 'loki', { ...size.logs, chunks: storage.bucket('loki-chunks') });
  new OtelTier(app.chart('collection'), 'otel', { ...size.otel, traces: [tempo] });
  new Grafana(app.chart('visualization'), 'grafana', {
    ...size.grafana,
    sources: [tempo, metrics, logs],
    database: new Postgres(app.chart('databases'), 'postgres', size.database),
  });
  app.collect({ metrics });
  return app;
}

/** Everything that is sized, as it is rendered. */
export function renderedOf(name: SizedName): readonly KubeObject[] {
  switch (name) {
    case 'thesis':
      return renderApp(platform(thesis));
    case 'minimal':
      return renderApp(platform(minimal));
    case 'size minimal':
      return renderApp(stackOf(sizes.minimal));
    case 'size recommended':
      return renderApp(stackOf(sizes.recommended));
    case 'size production':
      return renderApp(stackOf(sizes.production));
    case 'enterprise small':
      return renderApp(stackOf(enterpriseSizes.small));
    case 'enterprise medium':
      return renderApp(stackOf(enterpriseSizes.medium));
    case 'enterprise large':
      return renderApp(stackOf(enterpriseSizes.large));
    case 'production':
      return renderApp(platform(production));
  }
}
