/** Settings as environment variables; what a user sets goes before what a preset says. */
export type Settings = Readonly<Record<string, string | undefined>>;

/**
 * `server`: the workers' own defaults. `laptop`: shorter windows and delays, so that a demo learns within half a minute and finds a
 * fault within as much; it trusts that spans arrive within 3 s, which a batch processor with a delay of 1 s keeps.
 */
export type Preset = 'server' | 'laptop';

export const presets: Readonly<Record<Preset, Settings>> = {
  server: {},
  laptop: {
    WINDOW_SECONDS: '5',
    WATERMARK_LAG_SECONDS: '3',
    LEARN_SETTLE_WINDOWS: '2',
    LEARN_MIN_WINDOWS: '3',
    LEARN_MIN_TRACES: '200',
    LEARN_INTERVAL_SECONDS: '60',
    LEARN_BLOCK_SECONDS: '5',
    LEARN_HOLDBACK_SECONDS: '30',
    LEARN_ACTIVATION_SECONDS: '4',
    BUNDLE_POLL_SECONDS: '1',
    MODEL_POLL_SECONDS: '2',
    WATCH_SETTLED_BLOCKS: '3',
    RESOLVE_AFTER_SECONDS: '30',
  },
};
