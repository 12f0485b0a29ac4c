import type { Profile, ProfileName } from './system';

/** Busy and even, or thin and noisy, as recordings of real systems are. */
export const profiles: Readonly<Record<ProfileName, Profile>> = {
  clean: {
    name: 'clean',
    tracesPerSecond: [5, 40],
    workMs: [1, 15],
    workSigma: [0.15, 0.4],
    tailShare: 0.002,
    networkMs: [0.1, 0.8],
    podNoise: 0.05,
    nodeNoise: 0.03,
    longestPauseMs: 12,
    burstsPerHour: 0,
    resolutionUs: 1,
    lostShare: 0,
    skewMs: 0,
  },
  rough: {
    name: 'rough',
    tracesPerSecond: [1, 3],
    workMs: [4, 60],
    workSigma: [0.4, 1],
    tailShare: 0.01,
    networkMs: [0.3, 4],
    podNoise: 0.15,
    nodeNoise: 0.1,
    longestPauseMs: 120,
    burstsPerHour: 6,
    resolutionUs: 1000,
    lostShare: 0.05,
    skewMs: 200,
  },
};
