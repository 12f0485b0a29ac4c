import { intern } from './intern';

test('a text stays the same text, however many there are', () => {
  for (let i = 0; i < 600_000; i += 1) intern(String(i));
  expect(intern(['a', 'b'].join(' '))).toBe('a b');
  expect(intern('599999')).toBe('599999');
});
