import { ReleaseError } from './errors';

/**
 * What CHANGELOG.md says of a version, without its heading.
 *
 * @throws {ReleaseError} if it says nothing, or what is to come is still under "Unreleased"
 */
export function releaseNotes(changelog: string, version: string): string {
  const sections = new Map<string, string>();
  for (const section of changelog.split(/^## /m).slice(1)) {
    const end = section.indexOf('\n');
    const heading = (end < 0 ? section : section.slice(0, end)).trim();
    // A date may follow the version.
    sections.set(heading.split(/\s/, 1)[0] ?? '', end < 0 ? '' : section.slice(end).trim());
  }
  const notes = sections.get(version) ?? '';
  const problems: string[] = [];
  if (notes === '') problems.push(`CHANGELOG.md says nothing of ${version}: give it a section "## ${version}"`);
  if ((sections.get('Unreleased') ?? '') !== '') {
    problems.push(`CHANGELOG.md has changes under "Unreleased": they belong under "## ${version}"`);
  }
  if (problems.length > 0) throw new ReleaseError(problems);
  return notes;
}
