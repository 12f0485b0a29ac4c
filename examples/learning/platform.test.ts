import { violationsOf } from '../../constructs/testing';
import { learningPlatform } from './platform';

describe('A platform that trains models of traces', () => {
  it('keeps every invariant', () => {
    expect(violationsOf(learningPlatform())).toEqual([]);
  });
});
