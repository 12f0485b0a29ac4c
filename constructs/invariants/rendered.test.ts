import { parseObjects, RenderedFileError } from './rendered';

describe('a rendered file', () => {
  it('holds one object a document and may have empty ones', () => {
    const text = '---\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\n---\n---\n# end\n';
    expect(parseObjects(text, 'namespaces.k8s.yaml')).toHaveLength(1);
  });

  it.each([
    ['is not YAML', 'a: [1'],
    ['repeats a key', 'apiVersion: v1\nkind: A\nkind: B\nmetadata: {}'],
    ['holds something else', 'just text'],
    ['lacks metadata', 'apiVersion: v1\nkind: Namespace'],
  ])('is refused by name when it %s', (_what, text) => {
    expect(() => parseObjects(text, 'shop.k8s.yaml')).toThrow(RenderedFileError);
    expect(() => parseObjects(text, 'shop.k8s.yaml')).toThrow(/^shop\.k8s\.yaml: /);
  });
});
