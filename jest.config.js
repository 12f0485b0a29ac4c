// Unit tests need no server. Tests against real servers are `*.real.test.ts` and run with `npm run test:real`.
const real = process.env.PLUMBLINE_REAL === '1';
// Minutes each, for what seldom changes: by themselves, with `npm run test:ledger`, `test:verify`, `test:image`, `test:argocd`, `test:ring`,
// `test:disaster`, `test:renewal` and `accept:learning`.
const alone = process.env.PLUMBLINE_ALONE === '1';

/** @type {import('jest').Config} */
module.exports = {
  testEnvironment: 'node',
  roots: [
    '<rootDir>/constructs',
    '<rootDir>/environments',
    '<rootDir>/examples',
    '<rootDir>/apps',
    '<rootDir>/tools',
    '<rootDir>/bench',
  ],
  testMatch: real ? ['**/*.real.test.ts'] : ['**/*.test.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    '<rootDir>/(.*/)?build/',
    ...(real
      ? alone
        ? []
        : ['/(ledger|verify|archive|learning|learning-loop|argocd|tempo-ring|disaster|certificate-renewal)\\.real']
      : ['\\.real\\.test\\.ts$']),
  ],
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
        module: { type: 'commonjs' },
        sourceMaps: 'inline',
      },
    ],
  },
  // Tests run in a context of their own, where each look-up of a global goes through an interceptor. What inner loops use is a parameter of
  // each module instead: the first two take a third of the CPU off tests that simulate, judge and analyse, the others a quarter of what is
  // left. Only names that no package declares for itself: apache-arrow has its own Map, Date and Buffer.
  sandboxInjectedGlobals: [
    'Math',
    'Infinity',
    'Array',
    'BigInt',
    'JSON',
    'Number',
    'Object',
    'Set',
    'String',
    'Float32Array',
    'Float64Array',
    'Int32Array',
    'Uint32Array',
    'Uint8Array',
  ],
  snapshotResolver: '<rootDir>/jest.snapshots.js',
  ...(real
    ? // They wait about as much as they work, each on ports of its own; of two cores, a third at a time takes what others start with.
      { maxWorkers: 2, testTimeout: 300_000, setupFilesAfterEnv: ['<rootDir>/jest.real.js'] }
    : // Jest leaves one core free, of two that is half.
      { maxWorkers: '100%', testTimeout: 60_000 }),
};
