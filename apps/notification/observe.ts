import type { Logger } from 'pino';
import { Counter, type Registry } from 'prom-client';
import type { DeliveryObserver } from './stage';

/** Counts deliveries and says in the log what did not arrive. */
export function observeDeliveries(registry: Registry, logger: Pick<Logger, 'info' | 'warn'>): DeliveryObserver {
  const deliveries = new Counter({
    name: 'plumbline_deliveries_total',
    help: 'Messages about incidents, by channel and what became of them',
    labelNames: ['channel', 'outcome'],
    registers: [registry],
  });
  const unreadable = new Counter({
    name: 'plumbline_notification_unreadable_total',
    help: 'Records of the topic incidents that could not be read',
    registers: [registry],
  });
  return {
    delivered: (channel, { id, revision }) => {
      deliveries.inc({ channel, outcome: 'delivered' });
      logger.info({ channel, incident: id, revision }, 'told of an incident');
    },
    failed: (channel, { id }, error, givenUp) => {
      deliveries.inc({ channel, outcome: givenUp ? 'given up' : 'put off' });
      logger.warn({ channel, incident: id, error: error.message, givenUp }, 'could not tell of an incident');
    },
    unreadable: ({ topic, partition }, offset, error) => {
      unreadable.inc();
      logger.warn({ topic, partition, offset, error: String(error) }, 'no incident could be read');
    },
  };
}
