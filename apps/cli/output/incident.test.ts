import { exampleIncident, incidentAfterRelease } from '@plumbline/wire/incident.testing';
import { stripVTControlCharacters } from 'node:util';
import { formatIncident } from './incident';

/** Without colours, which there are or not by where the tests run. */
const plain = (incident: Parameters<typeof formatIncident>[0]): string =>
  stripVTControlCharacters(formatIncident(incident));

describe('an incident in a terminal', () => {
  test('has the cause with what was measured, as bars of before and now', () => {
    const text = plain(exampleIncident());
    expect(text).toContain('payment is the likely cause: its own time rose.');
    expect(text).toMatch(/normal \|.*41 ms\n.*now    \|.*912 ms/);
  });

  test('has a release beside it, of which nothing was there before', () => {
    const text = plain(incidentAfterRelease('1.4.2'));
    expect(text).toContain('A new version 1.4.2 of payment appeared at 20:59 UTC, 40 s before the incident began');
    expect(text).toMatch(/normal \| +0 %\n.*now    \|.*#+.* 62 %/);
  });
});
