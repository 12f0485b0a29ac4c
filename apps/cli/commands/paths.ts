import { networkPathsKeys } from '@plumbline/contracts';
import { Command } from 'commander';

/** Measures paths through the network, as its container does. */
export function pathsCommand(): Command {
  return new Command('paths')
    .description('measure paths through the network by mtr, and serve them as a page and as metrics')
    .addHelpText(
      'after',
      `
Settings come from the environment:
  ${networkPathsKeys.file}  JSON: { "targets": [{ "name": "gateway", "host": "192.0.2.1" }], "intervalSeconds": 60, "packets": 10 }
  ${networkPathsKeys.port}  port of the page [8080]
  ${networkPathsKeys.mtrHome}            folder with bin/mtr, bin/mtr-packet and lib; mtr of the system when absent
It answers at /healthz, /readyz and /metrics on OPERATIONS_PORT [8081].
mtr needs root, or a group within the sysctl net.ipv4.ping_group_range.`,
    )
    .action(async () => {
      const { runNetworkPaths } = await import('@plumbline/network-paths');
      process.exitCode = await runNetworkPaths();
    });
}
