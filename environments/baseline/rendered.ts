import type { PlatformApp } from '../../constructs';
import { renderApp } from '../../constructs/testing';
import { platform } from '../../main';
import { workerSeries } from '../exposed-metrics.testing';
import { environments } from '../index';
import { baseline, names, type Baseline, type Things } from './baseline';
import { issuedSource, ofObjects } from './objects';
import { ofValues } from './values';

/** What is to be kept of an environment as it is rendered now. */
export function baselineOf(app: PlatformApp): Baseline {
  const objects = ofObjects(renderApp(app));
  const values = ofValues(app);
  return baseline({ ...objects, ...values, secrets: merged(objects.secrets ?? {}, values.secrets ?? {}) });
}

/** What is to be kept of every environment that is rendered to `dist/`, and of the workers, which are the same in all. */
export async function renderedBaselines(): Promise<Readonly<Record<string, Baseline>>> {
  const own = (await workerSeries()).filter((name) => name.startsWith('plumbline_'));
  return {
    ...Object.fromEntries(environments.map((environment) => [environment.name, baselineOf(platform(environment))])),
    workers: baseline({ series: names(own) }),
  };
}

/** For a component a certificate is there already, whoever makes it. */
function merged(needed: Things, known: Things): Things {
  const issued = Object.entries(needed).filter(([, { source }]) => source === issuedSource);
  return { ...needed, ...known, ...Object.fromEntries(issued) };
}
