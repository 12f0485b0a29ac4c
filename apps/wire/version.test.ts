import { sequenceOf, versionName } from './version';

test('a version has its number in front, so that names sort as versions follow each other', () => {
  expect(versionName(12, '4bf92f3577b34da6a3ce929d0e0e4736')).toBe('000012-4bf92f3577b3');
  expect(versionName(2, 'f') < versionName(10, 'a')).toBe(true);
});

test('the number can be read again, and is 0 for names of another form', () => {
  expect(sequenceOf(versionName(1_234_567, 'abc'))).toBe(1_234_567);
  expect(['latest', '', '-12', 'x12-a'].map(sequenceOf)).toEqual([0, 0, 0, 0]);
});
