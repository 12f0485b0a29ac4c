import { readFileSync } from 'node:fs';

import { referencePage, renderReference } from './docs';

it('the reference page is what `npm run docs` writes', () => {
  expect(readFileSync(referencePage, 'utf8')).toBe(renderReference());
});
