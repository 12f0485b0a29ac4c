import type { Environment } from './environment';
import { thesis } from './thesis';

export type { Environment };
export { thesis };

/** Every environment that is rendered to `dist/`. */
export const environments: readonly Environment[] = [thesis];
