import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { page } from '../../tools/markdown';
import { breaks } from './fixtures';
import { invariants } from './index';

/** Where the reference page lies in the repository. */
export const referencePage = join(__dirname, '..', '..', 'docs', 'reference', 'invariants.md');

/** The reference page of the invariants, in Markdown. */
export function renderReference(): string {
  const sections = invariants().map(({ id, statement, reason }) => {
    const titles = breaks.filter((each) => each.invariant === id).map(({ title }) => `- ${title}`);
    return [`## ${id}`, statement, reason, 'Noticed, each by a test:', titles.join('\n')].join('\n\n');
  });
  const introduction = [
    'What holds for every object of every environment in `dist/`. `npm test` checks all of them, and for each that it ' +
      'notices a sound system being broken; the code is in `constructs/invariants/`.',
    'Connections are derived from what workloads are told (names of Services in arguments, environment and mounted ' +
      'configuration), never from the policies that they are compared with.',
  ];
  return page('Invariants of the manifests', introduction.join('\n\n'), sections);
}

if (require.main === module) {
  mkdirSync(dirname(referencePage), { recursive: true });
  writeFileSync(referencePage, renderReference());
}
