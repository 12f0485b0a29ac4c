/** Settings of workers as short as a laptop's, so that a test of learning and of incidents ends within minutes. */
export const impatient = {
  WINDOW_SECONDS: '5',
  LEARN_MIN_WINDOWS: '3',
  LEARN_MIN_TRACES: '200',
  LEARN_ACTIVATION_SECONDS: '4',
  BUNDLE_POLL_SECONDS: '1',
  LEARN_BLOCK_SECONDS: '5',
  WATCH_SETTLED_BLOCKS: '2',
  RESOLVE_AFTER_SECONDS: '15',
  REFRESH_WINDOWS: '1',
} as const;
