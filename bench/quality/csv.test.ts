import { records } from './csv';

describe('a CSV file', () => {
  it.each([
    [
      'plain fields',
      'a,b\n1,2\n',
      [
        ['a', 'b'],
        ['1', '2'],
      ],
    ],
    [
      'empty fields, also the last',
      'a,,\n,,c',
      [
        ['a', '', ''],
        ['', '', 'c'],
      ],
    ],
    [
      'quoted commas, quotes and line ends',
      '"x, ""y""\nz",2\r\n3,4',
      [
        ['x, "y"\nz', '2'],
        ['3', '4'],
      ],
    ],
    ['an empty last field at the end of the file', 'a,', [['a', '']]],
  ])('is read with %s', (_name, text, expected) => {
    expect([...records(text)]).toEqual(expected);
  });
});
