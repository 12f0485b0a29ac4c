import type { GitRepository } from '../constructs';

/** Where this repository is, for Argo CD to read `dist/` from. Whoever has a copy of it says here where that is. */
export const repository: GitRepository = {
  url: 'https://github.com/plumbline-observability/plumbline.git',
  revision: 'main',
};
