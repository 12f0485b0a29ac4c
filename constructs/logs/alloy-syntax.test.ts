import fc from 'fast-check';
import { InvalidPropError } from '../core/errors';
import { alloyText, joined, reference, variable, type AlloyFile } from './alloy-syntax';

const textOf = (value: string): string => {
  const text = alloyText({ logging: { attributes: { level: value } } });
  return text.slice(text.indexOf('= ') + 2, text.lastIndexOf('\n}'));
};

describe('A configuration of Alloy', () => {
  it('has components with labels, arguments, and blocks in their order', () => {
    const file: AlloyFile = {
      logging: { attributes: { level: 'info' } },
      'loki.process.pods': {
        attributes: { forward_to: [reference('loki.write.logs', 'receiver')], limit: 1.5, strict: true, none: null },
        blocks: [
          { name: 'stage.cri' },
          { name: 'stage.labels', attributes: { values: { level: '', 'not-a-name': 'x', true: 'y' } } },
        ],
      },
    };
    expect(alloyText(file)).toBe(`logging {
  level = "info"
}

loki.process "pods" {
  forward_to = [
    loki.write.logs.receiver,
  ]
  limit = 1.5
  strict = true
  none = null
  stage.cri { }
  stage.labels {
    values = {
      level = "",
      "not-a-name" = "x",
      "true" = "y",
    }
  }
}
`);
  });

  it('reads variables when it starts, also within texts', () => {
    const field = joined('spec.nodeName=', variable('NODE_NAME'), '"');
    expect(alloyText({ logging: { attributes: { field, empty: [], nothing: {} } } })).toContain(
      'field = "spec.nodeName=" + sys.env("NODE_NAME") + "\\""\n  empty = []\n  nothing = {}\n',
    );
  });

  it('keeps a text a text, whatever is in it', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        const written = textOf(value);
        // One line, and no quote in it that ends the text.
        expect(written).toMatch(/^"(?:[^"\\\n]|\\["\\nrtbfu])*"$/);
        expect(JSON.parse(written)).toBe(value);
      }),
    );
    for (const value of ['"}', '\\', '\\"', 'a\nb = 1', '`', '${X}', '// x', '\u0000', 'é', '\u2028'])
      expect(JSON.parse(textOf(value))).toBe(value);
  });

  it('has a sign for half a character, which is no text', () => {
    expect(textOf('a\ud800b')).toBe('"a\uFFFDb"');
  });

  it.each([
    ['an attribute', { logging: { attributes: { 'a = 1 }': '' } } }],
    ['a component', { 'loki.write.logs" {': {} }],
    ['a component without a label', { loki: {} }],
    ['a block', { logging: { blocks: [{ name: 'stage.cri { } x' }] } }],
    ['a number', { logging: { attributes: { rate: Number.NaN } } }],
    ['an infinite number', { logging: { attributes: { rate: Infinity } } }],
  ] satisfies readonly (readonly [string, AlloyFile])[])('refuses %s that is none', (_, file) => {
    expect(() => alloyText(file)).toThrow(InvalidPropError);
  });

  it('refuses a reference that is none', () => {
    expect(() => reference('loki.write.logs', 'receiver] }')).toThrow(InvalidPropError);
  });
});
