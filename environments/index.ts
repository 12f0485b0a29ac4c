import { addon } from './addon';
import { enterprise } from './enterprise';
import type { Environment } from './environment';
import { minimal } from './minimal';
import { production } from './production';
import { repository } from './repository';
import { thesis } from './thesis';

export type { Environment };
export { addon, enterprise, minimal, production, repository, thesis };

/** Every environment that is rendered to `dist/`. */
export const environments: readonly Environment[] = [thesis, minimal, enterprise, production, addon];
