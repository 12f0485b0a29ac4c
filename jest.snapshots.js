// Snapshots live in one top-level folder that mirrors the source tree, so that a review can open or skip them together.
const path = require('node:path');

const folder = path.join(__dirname, '__snapshots__');

module.exports = {
  resolveSnapshotPath: (testPath, extension) => path.join(folder, path.relative(__dirname, testPath)) + extension,
  resolveTestPath: (snapshotPath, extension) =>
    path.join(__dirname, path.relative(folder, snapshotPath)).slice(0, -extension.length),
  testPathForConsistencyCheck: path.join(__dirname, 'constructs', 'example.test.ts'),
};
