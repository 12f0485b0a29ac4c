import { bufferBytes } from './memory-limit';

const mebibyte = 1024 * 1024;

test('what is held between records is a share of the memory of the container', () => {
  expect(bufferBytes(0.25, { constrained: 768 * mebibyte, total: 16_384 * mebibyte })).toBe(192 * mebibyte);
});

test.each([
  ['that has no limit', 0],
  ['whose limit is no limit', Number.MAX_SAFE_INTEGER],
])('of a container %s, it is a share of that of the machine', (_, constrained) => {
  expect(bufferBytes(0.25, { constrained, total: 1024 * mebibyte })).toBe(256 * mebibyte);
});

test('on a large machine it is no more than is of use', () => {
  expect(bufferBytes(0.25, { constrained: 0, total: 65_536 * mebibyte })).toBe(512 * mebibyte);
});

test('the memory of this machine is known', () => {
  expect(bufferBytes(0.01)).toBeGreaterThan(mebibyte);
});
