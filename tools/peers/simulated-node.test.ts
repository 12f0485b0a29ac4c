import { allocatable } from './simulated-node';

describe('What pods may request of a node', () => {
  it.each([
    // 25 % of the first 4 GiB, 20 % of the next 4, 10 % of the next 8; and 100 MiB.
    [
      { cpus: 1, memoryGiB: 4 },
      { cpu: '840m', memory: '2972Mi' },
    ],
    [
      { cpus: 4, memoryGiB: 8 },
      { cpu: '3820m', memory: '6248Mi' },
    ],
    [
      { cpus: 4, memoryGiB: 16 },
      { cpu: '3820m', memory: '13621Mi' },
    ],
  ])('of %j is less than it has', (node, expected) => {
    expect(allocatable(node)).toEqual(expected);
  });
});
