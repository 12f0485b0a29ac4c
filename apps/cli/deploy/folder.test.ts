import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UsageError } from '../errors';
import { RenderedEnvironment } from '../verify/rendered';
import { folderOf, readFolder } from './folder';

describe('the folder of an environment', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'plumbline-folder-'));
    mkdirSync(join(root, 'thesis'));
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('is that of thesis when nothing is said, and that of minimal where it is rendered', () => {
    expect(folderOf(undefined, root)).toBe(join(root, 'thesis'));
    mkdirSync(join(root, 'minimal'));
    expect(folderOf(undefined, root)).toBe(join(root, 'minimal'));
  });

  it('is meant by its name or by its path, and another name says which there are', () => {
    expect(folderOf('thesis', root)).toBe(join(root, 'thesis'));
    expect(folderOf(join(root, 'thesis'), root)).toBe(join(root, 'thesis'));
    expect(() => folderOf('thesus', root)).toThrow(UsageError);
    // Of others, such as what Argo CD is told.
    mkdirSync(join(root, 'argocd'));
    writeFileSync(join(root, 'thesis', '00-namespaces.k8s.yaml'), '');
    expect(() => folderOf('thesus', root)).toThrow('rendered are thesis');
  });

  it('has its examples apart, and nothing of what has everything once more', () => {
    const thesis = join(root, 'thesis');
    cpSync('dist/thesis', thesis, { recursive: true });
    const before = readFolder(thesis);
    expect(before.examples).toBeUndefined();
    const shop = (name: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ${name}\n`;
    writeFileSync(join(thesis, 'examples.k8s.yaml'), shop('shop'));
    writeFileSync(join(thesis, 'all-in-one.yaml'), shop('twice'));
    const { examples, files, rendered } = readFolder(thesis);
    expect(examples?.objects.map(({ metadata }) => metadata.name)).toEqual(['shop']);
    expect(files.map(({ name }) => name)).toEqual(before.files.map(({ name }) => name));
    expect(rendered.objects).toHaveLength(before.rendered.objects.length);
    expect(RenderedEnvironment.read(thesis).objects).toHaveLength(before.rendered.objects.length);
  });

  it('without manifests is none', () => {
    expect(() => readFolder(join(root, 'thesis'))).toThrow('has no manifests');
  });
});
