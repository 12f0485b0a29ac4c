import { releaseNotes } from './notes';

const changelog = `# Changelog

Introduction.

## 0.2.0 (2026-12-01)

- A new thing.
- And ## inside a line.

## 0.1.0

- The first.
`;

describe('The notes of a release', () => {
  it('are what the changelog says of its version', () => {
    expect(releaseNotes(changelog, '0.2.0')).toBe('- A new thing.\n- And ## inside a line.');
    expect(releaseNotes(changelog, '0.1.0')).toBe('- The first.');
  });

  it('do not exist for a version of which it says nothing', () => {
    expect(() => releaseNotes(changelog, '0.3.0')).toThrow('says nothing of 0.3.0: give it a section "## 0.3.0"');
    expect(() => releaseNotes('# Changelog\n\n## 0.3.0\n', '0.3.0')).toThrow('says nothing of 0.3.0');
  });

  it('are not complete while something is unreleased', () => {
    const unreleased = changelog.replace('## 0.2.0', '## Unreleased\n\n- Later.\n\n## 0.2.0');
    expect(() => releaseNotes(unreleased, '0.2.0')).toThrow('changes under "Unreleased"');
    expect(releaseNotes(changelog.replace('## 0.2.0', '## Unreleased\n\n## 0.2.0'), '0.2.0')).toContain('A new thing');
  });
});
