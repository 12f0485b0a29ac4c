export { presets } from './preset';
export type { Preset, Settings } from './preset';
export { readRecording, RecordingError } from './replay/recording';
export type { RecordedRequest } from './replay/recording';
export { replay } from './replay/replay';
export type { ReplayOptions, ReplayProgress, ReplayResult } from './replay/replay';
export { startStandalone } from './standalone';
export type { Standalone, StandaloneOptions, StandaloneStatus } from './standalone';
