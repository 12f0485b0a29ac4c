import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import manifest from '../../package.json';
import { output } from '../image/commands';
import { ImageError } from '../image/errors';
import { checkRelease } from './check';
import { ReleaseError } from './errors';
import { releaseNotes } from './notes';
import { packRelease } from './pack';

const packages = ['plumbline', 'plumbline-cli'];
const changelog = () => readFileSync(resolve(__dirname, '..', '..', 'CHANGELOG.md'), 'utf8');

const program = new Command('npm run release --').description(
  'the steps of a release, as .github/workflows/release.yml does them',
);
program
  .command('check')
  .description('say what would stop a release halfway: versions, notes, names that somebody else has')
  .requiredOption('--tag <tag>', 'tag of the release, such as v0.2.0')
  .requiredOption('--repository <owner/name>', 'repository on GitHub')
  .action(async ({ tag, repository }: { readonly tag: string; readonly repository: string }) => {
    await checkRelease({ tag, repository, version: manifest.version, changelog: changelog(), packages, ownerOf });
    console.log(`${tag} can be released`);
  });
program
  .command('notes')
  .description('print what CHANGELOG.md says of the version')
  .action(() => console.log(releaseNotes(changelog(), manifest.version)));
program
  .command('pack')
  .description('pack both npm packages as they are published')
  .argument('<folder>', 'where to')
  .option('--repository <owner/name>', 'repository on GitHub, which npm compares with where they were built')
  .action(async (folder: string, { repository }: { readonly repository?: string }) => {
    for (const { name, file } of await packRelease(resolve(folder), repository)) console.log(`${name} ${file}`);
  });
for (const command of [program, ...program.commands]) command.exitOverride().showHelpAfterError('(see --help)');

/** The repository of a package on the registry, or of nobody knows whom. */
async function ownerOf(name: string): Promise<string | undefined> {
  try {
    const url = await output(['npm', 'view', '--loglevel=error', name, 'repository.url']);
    return url.trim() === '' ? 'no repository' : url.trim();
  } catch (error) {
    if (error instanceof ImageError && error.message.includes('E404')) return undefined;
    throw error;
  }
}

program.parseAsync().catch((error: unknown) => {
  const said = error instanceof CommanderError;
  if (!said) console.error(error instanceof ReleaseError || error instanceof ImageError ? error.message : error);
  process.exitCode = said ? (error.exitCode === 0 ? 0 : 2) : 1;
});
