import { copyFile } from 'node:fs/promises';
import { join } from 'node:path';
import { moveToBin } from './go';
import { pinsDirectory } from './home';
import type { Tool } from './tool';

/** The OpenTelemetry Collector with the components of `tools/pins/otelcol/builder.yaml`, made by its own builder. */
export function collector(version: string): Tool {
  const builder = `go.opentelemetry.io/collector/cmd/builder@v${version}`;
  const manifest = join('otelcol', 'builder.yaml');
  return {
    name: 'otelcol',
    version,
    clients: ['go'],
    pins: [manifest],
    recipe: [builder],
    outputs: [join('bin', 'otelcol')],
    estimate: '4 min',
    async install(workshop) {
      await workshop.run('go', ['install', '-trimpath', builder], { env: { GOBIN: workshop.scratch } });
      // The builder writes beside the manifest, hence the copy.
      await copyFile(join(pinsDirectory, manifest), join(workshop.scratch, 'builder.yaml'));
      await workshop.run(join(workshop.scratch, 'builder'), ['--config', 'builder.yaml']);
      await moveToBin(workshop, join(workshop.scratch, '_build', 'otelcol'), 'otelcol');
    },
  };
}
