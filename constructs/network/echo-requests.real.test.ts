import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { dataDirectory, runProgram } from '../../tools/peers';
import { program } from '../../tools/peers/installed';
import { fileOf, podTemplateOf, renderApp, testApp } from '../testing';
import { BlackboxExporter } from './blackbox-exporter';
import { SyntheticProbe } from './synthetic-probe';

/**
 * In a network of its own, as a runtime makes a pod's: with the settings, then the exporter with its group and no capability at all. It takes
 * root, as a runtime has it.
 */
const script = `
ip link set lo up
for setting in $SETTINGS; do sysctl -qw "$(echo "$setting" | tr , ' ')"; done
setpriv --regid "$GROUP" --clear-groups --no-new-privs --inh-caps=-all --bounding-set=-all \
  "$EXPORTER" --config.file="$CONFIG" --web.listen-address=127.0.0.1:9115 &
exporter=$!
"$NODE" -e "$ASK" "$MODULE" 127.0.0.1 ::1
grep CapEff /proc/$exporter/status
kill $exporter
`;

const ask = `
const [module, ...targets] = process.argv.slice(1);
const until = async (url) => {
  for (;;) {
    try { return await (await fetch(url)).text(); } catch { await new Promise((done) => setTimeout(done, 100)); }
  }
};
(async () => {
  for (const target of targets) {
    const text = await until('http://127.0.0.1:9115/probe?' + new URLSearchParams({ module, target }));
    console.log(target, /^probe_success (.)$/m.exec(text)[1]);
  }
})();
`;

interface Security {
  readonly runAsGroup: number;
  readonly sysctls: readonly { readonly name: string; readonly value: string }[];
}

describe('Echo requests of an exporter as its pod is rendered', () => {
  async function run(withSettings: boolean): Promise<string> {
    const app = testApp();
    const probe = SyntheticProbe.icmp('loopback', '127.0.0.1');
    new BlackboxExporter(app.chart('network'), 'blackbox-exporter', { probes: [probe] });
    const objects = renderApp(app);
    const config = fileOf(objects, 'blackbox-exporter-config', 'blackbox.yml');
    const file = join(await dataDirectory('echo-requests'), 'blackbox.yml');
    await writeFile(file, config);
    const { spec } = podTemplateOf(objects, 'Deployment', 'blackbox-exporter');
    const { runAsGroup, sysctls } = spec['securityContext'] as Security;
    const settings = sysctls.map(({ name, value }) => `${name}=${value.replace(' ', ',')}`);
    const { stdout } = await runProgram('unshare', ['--net', 'sh', '-c', script], {
      env: {
        SETTINGS: withSettings ? settings.join(' ') : '',
        GROUP: String(runAsGroup),
        EXPORTER: program('blackbox_exporter'),
        CONFIG: file,
        NODE: process.execPath,
        ASK: ask,
        MODULE: /icmp-\w+/.exec(config)?.[0] ?? '',
      },
    });
    return stdout;
  }

  it('are sent by its group without any capability, by IPv4 and IPv6', async () => {
    expect(await run(true)).toBe('127.0.0.1 1\n::1 1\nCapEff:\t0000000000000000\n');
  });

  it('would not be without the setting of its pod', async () => {
    expect(await run(false)).toBe('127.0.0.1 0\n::1 0\nCapEff:\t0000000000000000\n');
  });
});
