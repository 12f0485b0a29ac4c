import { startShop } from '@plumbline/demo';
import { startHttpReceiver } from '@plumbline/standalone';
import { Command } from 'commander';
import { once } from 'node:events';
import { createWriteStream, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGzip } from 'node:zlib';

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
  const gzip = createGzip({ level: 9 });
  const file = gzip.pipe(createWriteStream(options.out));
  let spansBytes = 0;
  const receiver = await startHttpReceiver(
    {
      accept: (request) => {
        gzip.write(varint(request.length));
        gzip.write(withoutOurPath(request));
        spansBytes += request.length;
        return Promise.resolve({ rejectedSpans: 0, message: '' });
      },
    },
    { port: 0 },
  );
  const shop = await startShop({
    otlpEndpoint: `http://127.0.0.1:${receiver.port}`,
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
    await receiver.stop();
  }
  gzip.end();
  await once(file, 'finish');
  console.error(
    `${options.out}: ${(statSync(options.out).size / 1e6).toFixed(2)} MB of ${(spansBytes / 1e6).toFixed(1)} MB`,
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

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Buffer.from([...bytes, rest]);
    bytes.push((rest % 128) | 128);
  }
}

void main();
