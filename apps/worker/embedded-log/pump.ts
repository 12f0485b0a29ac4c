import type { StreamHandler, Subscription } from '../stream';
import type { EmbeddedConsumer } from './embedded-consumer';

const tickIntervalMs = 1_000;

/** Polls a consumer whenever something was appended, and ticks its handler about once a second. */
export function pump(consumer: EmbeddedConsumer, handler: StreamHandler, listeners: Set<() => void>): Subscription {
  let stopping = false;
  let wake: () => void = () => undefined;
  const listener = (): void => wake();
  listeners.add(listener);

  const run = async (): Promise<void> => {
    let nextTick = performance.now() + tickIntervalMs;
    while (!stopping) {
      // Armed before polling, so that an append during the poll is not missed.
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      const busy = await consumer.poll();
      const now = performance.now();
      if (now >= nextTick) {
        nextTick = now + tickIntervalMs;
        await handler.onTick();
      } else if (busy) {
        // A consumer that always has something to read must not starve timers and sockets.
        await new Promise((resolve) => setImmediate(resolve));
      } else {
        await orAfter(woken, nextTick - now);
      }
    }
  };

  const running = run()
    .catch((error: unknown) => {
      consumer.fail(error);
    })
    .finally(() => listeners.delete(listener));

  return {
    ended: consumer.ended,
    commit: (positions) => consumer.commit(positions),
    isCurrent: () => consumer.isCurrent(),
    stop: async () => {
      stopping = true;
      wake();
      await running;
      await consumer.stop();
    },
  };
}

async function orAfter(woken: Promise<void>, ms: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([woken, elapsed]);
  clearTimeout(timer);
}
