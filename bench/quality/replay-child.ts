import { presets, replay } from '@plumbline/standalone';
import type { ReplayMessage } from './replays';

/* Replays one recording with the settings of a server and tells its parent what came of it: `replay-child.ts RECORDING [UNTIL_MS]` */

async function main(): Promise<void> {
  const [recording = '', until] = process.argv.slice(2);
  const untilMs = until === undefined ? Infinity : Number(until);
  const stop = new AbortController();
  let toldAtMs = 0;
  const { found, spans } = await replay(recording, {
    settings: { ...presets.server },
    signal: stop.signal,
    onIncident: (incident) => tell({ kind: 'revision', atMs: incident.publishedAtMs, incident }),
    onProgress: ({ eventTimeMs }) => {
      if (eventTimeMs > untilMs) stop.abort();
      if (eventTimeMs < toldAtMs + 60_000) return;
      toldAtMs = eventTimeMs;
      tell({ kind: 'progress', eventTimeMs });
    },
  });
  tell({ kind: 'done', incidents: [...found], spans, peakRssBytes: process.resourceUsage().maxRSS * 1024 });
}

function tell(message: ReplayMessage): void {
  process.send?.(message);
}

main().then(
  () => process.disconnect(),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
    process.disconnect();
  },
);
