import { exampleIncident } from '@plumbline/wire/incident.testing';
import type { StoredSpan } from '@plumbline/wire';
import { excludedTimes, Exclusions } from './exclusions';

const incident = exampleIncident();
const named = incident.causes[0]?.service ?? '';
const [tenant = '', environment = '', namespace = '', service = ''] = named.split('/');

function spanAt(ms: number, of = service): StoredSpan[] {
  const who = { tenant, environment, namespace, service: of };
  return [{ ...who, startUnixNano: BigInt(ms) * 1_000_000n } as StoredSpan];
}

describe('Traces of an incident', () => {
  const exclusions = new Exclusions(excludedTimes([incident], new Set(), 3_600_000));

  it('are left out where they touch a service that it names', () => {
    expect(exclusions.covers(spanAt(incident.startedAtMs + 1000))).toBe(true);
    expect(exclusions.covers(spanAt(incident.startedAtMs + 1000, 'bystander'))).toBe(false);
  });

  it('are left out from a minute before it was seen, and not when it has become how things are', () => {
    expect(exclusions.covers(spanAt(incident.startedAtMs - 59_000))).toBe(true);
    expect(exclusions.covers(spanAt(incident.startedAtMs - 61_000))).toBe(false);
    expect(exclusions.covers(spanAt(incident.startedAtMs + 3_600_001))).toBe(false);
  });

  it('are all of the tenant where it names nobody', () => {
    const nobody = { ...incident, causes: [], affected: [], path: [] };
    const all = new Exclusions(excludedTimes([nobody], new Set(), 3_600_000));
    expect(all.covers(spanAt(incident.startedAtMs, 'bystander'))).toBe(true);
  });

  it('are normal where people said that there was none', () => {
    expect(excludedTimes([incident], new Set([incident.id]), 3_600_000)).toEqual([]);
  });
});
