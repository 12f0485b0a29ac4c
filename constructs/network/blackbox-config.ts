import type { AskedTarget } from '../core/component';
import { contentHash } from '../core/content-hash';
import { defined } from '../core/defined';
import type { ProbeModule } from './probe-modules';
import type { SyntheticProbe } from './synthetic-probe';
import type { NetworkPlace } from './topology';

/** A probe, and the module by which it asks. */
export interface ConnectedProbe {
  readonly probe: SyntheticProbe;
  readonly module: ProbeModule;
}

/** The exporter's file: a module for each way of asking, however many probes ask that way. */
export function blackboxConfig(probes: readonly ConnectedProbe[]): object {
  return { modules: Object.fromEntries(probes.map(({ module }) => [moduleName(module), module])) };
}

/**
 * What Prometheus has the exporter ask.
 *
 * @param from where it asks from: labels `from_region`, `from_site` and `from_provider`
 */
export function askedTargets(probes: readonly ConnectedProbe[], from: NetworkPlace): readonly AskedTarget[] {
  return probes.map(({ probe: { kind, target, address }, module }) => {
    const { name, region, site, provider, link } = target;
    return {
      instance: address,
      params: { module: moduleName(module), target: address },
      labels: {
        target: name,
        probe: kind,
        ...defined({ region, site, provider, link }),
        ...defined({ from_region: from.region, from_site: from.site, from_provider: from.provider }),
      },
    };
  });
}

/** It is no label of series, which would begin anew with each change of what is expected. */
function moduleName(module: ProbeModule): string {
  return `${module.prober}-${contentHash(module)}`;
}
