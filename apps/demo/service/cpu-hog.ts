import type { FaultActivity } from './fault-switch';

/** Blocks the event loop for `busyMs`, lets it run for `idleMs`, and again. */
export function cpuHog(): FaultActivity {
  let timer: NodeJS.Timeout | undefined;
  return {
    start({ busyMs = 0, idleMs = 0 }) {
      const burn = (): void => {
        const until = performance.now() + busyMs;
        while (performance.now() < until);
        timer = setTimeout(burn, idleMs);
      };
      timer = setTimeout(burn, idleMs);
    },
    stop() {
      clearTimeout(timer);
    },
  };
}
