/** The load generator as a process: begins when told where the gateway is, reports what it did twice a second. */
import { liveWithParent, ownSeed, tellParent, type FromParent } from '../messages';
import { LoadGenerator } from './generator';

liveWithParent();
process.on('SIGTERM', () => process.exit(0));
process.on('message', (message: FromParent) => {
  if (message.type !== 'load') return;
  const generator = new LoadGenerator({
    gateway: { host: '127.0.0.1', port: message.gatewayPort },
    ratePerSecond: message.ratePerSecond,
    seed: ownSeed(),
  });
  generator.start();
  setInterval(() => tellParent({ type: 'load', ...generator.stats() }), 500);
});
tellParent({ type: 'ready' });
