import { Yaml } from 'cdk8s';
import { writeYaml } from './yaml-writer';

/** Pieces that YAML treats specially, and those that it does not. */
const pieces = [
  ...[
    'a',
    'B9',
    ' ',
    '  ',
    '\n',
    '\n\n',
    '\t',
    ':',
    ': ',
    '#',
    ' #',
    '-',
    '- ',
    '?',
    ',',
    '[',
    ']',
    '{',
    '}',
    '&',
    '*',
    '!',
    '|',
    '>',
  ],
  ...[
    "'",
    '"',
    '%',
    '@',
    '`',
    '\\',
    '~',
    '=',
    '<<',
    '---',
    '...',
    'y',
    'No',
    'on',
    'null',
    'true',
    '0',
    '1',
    '-1',
    '0o7',
    '012',
    '0x1f',
  ],
  ...[
    '1e3',
    '.5',
    '1.0',
    '1:30',
    '2001-01-01',
    '.inf',
    '.nan',
    'ä',
    '😀',
    '\u0001',
    '\r',
    '\u2028',
    '/',
    'a/b.c',
    '(x)',
    'x y',
    '1_000',
    'e',
    'E12',
    'e821765536',
  ],
];

/** Numbers that look like chance and are the same each time. */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 1664525 + 1013904223) % 2 ** 32;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function anything(next: (below: number) => number, depth: number): unknown {
  const text = () => Array.from({ length: next(5) }, () => pieces[next(pieces.length)] ?? '').join('');
  const items = () => Array.from({ length: next(4) }, () => anything(next, depth - 1));
  switch (next(depth > 0 ? 8 : 6)) {
    case 0:
      return [null, true, false, 0, -3, 2.5, 1e21, 1e-7, -0, 30, 9007199254740993][next(11)];
    case 6:
      return items();
    case 7:
      return Object.fromEntries(items().map((item) => [text(), item]));
    default:
      return text();
  }
}

describe('YAML that is written fast', () => {
  it('is that of cdk8s, whatever is in it', () => {
    const next = random(1);
    for (let count = 0; count < 1500; count += 1) {
      const document = { of: anything(next, 4) };
      expect([document, writeYaml([document])]).toEqual([document, Yaml.stringify(document)]);
    }
  });

  it('is that of cdk8s for every text of two pieces, as a value and as a key', () => {
    const pairs = pieces.flatMap((first) => pieces.map((second) => first + second));
    // Within a word, and between two.
    const texts = [...pieces, ...pairs, ...pairs.map((pair) => `e${pair}`), ...pieces.map((piece) => `a ${piece} b`)];
    const wrong = texts.filter((text) => {
      const documents = [{ a: text }, { [text]: 1 }, [text], { a: [{ b: text }] }];
      return documents.some((document) => writeYaml([document]) !== Yaml.stringify(document));
    });
    expect(wrong).toEqual([]);
  });

  it.each([
    ['nothing', []],
    ['a text', ['a']],
    ['null', [null]],
    ['what is not there', [undefined]],
    ['several', [{ a: 1 }, [1, [2, []], {}], {}]],
    ['a date', [{ at: new Date(0) }]],
    ['a hole', [{ a: undefined, b: [undefined] }]],
    ['a long key', [{ ['k'.repeat(1200)]: 1 }]],
    [
      'a class',
      [
        new (class Point {
          x = 1;
        })(),
      ],
    ],
    ['a map', [{ a: new Map([['b', 1]]) }]],
  ])('is that of cdk8s for %s', (_, documents) => {
    expect(writeYaml(documents)).toBe(Yaml.stringify(...documents));
  });

  it('has an alias where cdk8s writes one', () => {
    const twice = { a: [1] };
    const document = { first: twice, second: twice };
    expect(writeYaml([document])).toBe(Yaml.stringify(document));
    expect(writeYaml([document])).toContain('*a1');
  });
});
