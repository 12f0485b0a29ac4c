import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { currentFile, currently } from './current';
import { withFolder } from './testing';

describe('a file that may be replaced', () => {
  it('is read anew each time, and while it is gone it is what it was', async () => {
    await withFolder(async (folder) => {
      const file = join(folder, 'password');
      await writeFile(file, 'old');
      const password = currentFile(file);
      expect(currently(password)).toBe('old');
      await writeFile(file, 'new');
      expect(currently(password)).toBe('new');
      await rm(file);
      expect(currently(password)).toBe('new');
    });
  });

  it('must be there at first', () => {
    expect(() => currentFile('/missing/password')).toThrow(/ENOENT/);
  });

  it('may as well be a value', () => {
    expect([currently('text'), currently({ username: 'u' })]).toEqual(['text', { username: 'u' }]);
  });
});
