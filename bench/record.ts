import { startShop } from '@plumbline/demo';
import { Command } from 'commander';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Recorder } from './recorder';

/*
 * Records the shop's own OTLP requests: some calm, then one fault, into a file that `plumbline replay` reads.
 * `npm run record -- --help`
 */

interface RecordOptions {
  readonly out: string;
  readonly fault: string;
  readonly service: string;
  readonly seed: number;
  readonly calm: number;
  readonly broken: number;
  readonly rate: number;
}

async function main(): Promise<void> {
  const options = new Command('record')
    .description('record OTLP requests of the shop, first calm, then with a fault')
    .requiredOption('--out <file>', 'length-delimited protobuf, gzipped')
    .option('--fault <name>', 'what to break', 'slow-dependency')
    .option('--service <name>', 'which service', 'payment')
    .option('--seed <n>', 'seed of shop and fault', Number, 1)
    .option('--calm <seconds>', 'before the fault', Number, 60)
    .option('--broken <seconds>', 'with the fault', Number, 40)
    .option('--rate <n>', 'requests per second', Number, 10)
    .parse()
    .opts<RecordOptions>();
  const recorder = await Recorder.start(options.out, { change: withoutOurPath, level: 9 });
  const shop = await startShop({
    otlpEndpoint: recorder.endpoint,
    seed: options.seed,
    rate: options.rate,
  });
  try {
    console.error(`shop up; ${options.calm} s of calm`);
    await sleep(options.calm * 1000);
    const { description, at } = await shop.inject(options.fault, options.service, options.seed);
    console.error(`${at.toISOString()} ${description}`);
    await sleep(options.broken * 1000);
  } finally {
    await shop.stop();
    await recorder.stop();
  }
  console.error(
    `${options.out}: ${(statSync(options.out).size / 1e6).toFixed(2)} MB of ${(recorder.bytes / 1e6).toFixed(1)} MB`,
  );
}

/** Stack traces name files of this machine; a path of the same length leaves every length in the message right. */
function withoutOurPath(request: Uint8Array): Buffer {
  const bytes = Buffer.from(request);
  const path = Buffer.from(join(__dirname, '..'));
  const stranger = Buffer.from('/shop'.padEnd(path.length, '/').slice(0, path.length));
  for (let at = bytes.indexOf(path); at >= 0; at = bytes.indexOf(path, at + 1)) stranger.copy(bytes, at);
  return bytes;
}

void main();
