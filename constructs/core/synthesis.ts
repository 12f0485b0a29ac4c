import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApiObject, type App, Chart, DependencyGraph, Names } from 'cdk8s';
import { writeYaml } from './yaml-writer';

/** A chart, and its objects as plain data. */
export interface ChartManifests {
  readonly chart: Chart;
  readonly objects: readonly object[];
}

/** The objects of every chart: as `chart.toJson()` of each, which checks the whole app every time, while here only the first does. */
export function renderCharts(app: App): readonly ChartManifests[] {
  return app.charts.map((chart, index) => ({
    chart,
    objects: index === 0 ? (chart.toJson() as readonly object[]) : objectsIn(chart),
  }));
}

function objectsIn(chart: Chart): readonly object[] {
  return new DependencyGraph(chart.node)
    .topology()
    .filter((each): each is ApiObject => ApiObject.isApiObject(each) && Chart.of(each) === chart)
    .map((each) => each.toJson() as object);
}

/**
 * Whether a file for each chart, named as the chart is, is all that cdk8s would write: it numbers the files of charts that depend on others,
 * and can write what it knows of constructs.
 */
export function writesFileOfEach(manifests: readonly ChartManifests[]): boolean {
  const recorded = process.env.CDK8S_RECORD_CONSTRUCT_METADATA === 'true';
  return !recorded && manifests.every(({ chart }) => chart.node.dependencies.length === 0);
}

/** What `synth` of cdk8s writes where {@link writesFileOfEach}. */
export function writeCharts({ outdir, outputFileExtension }: App, manifests: readonly ChartManifests[]): void {
  mkdirSync(outdir, { recursive: true });
  for (const { chart, objects } of manifests)
    writeFileSync(join(outdir, `${Names.toDnsLabel(chart)}${outputFileExtension}`), writeYaml(objects));
}
