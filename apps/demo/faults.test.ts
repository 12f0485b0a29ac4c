import { DemoError, type DemoErrorCode } from './errors';
import { drawFault, drawParameters, faultNamed, faults, parseFault, repeatedCall, skippedCall } from './faults';
import { serviceNames, topology } from './topology';

function codeOf(action: () => unknown): DemoErrorCode | undefined {
  try {
    action();
  } catch (error) {
    if (error instanceof DemoError) return error.code;
    throw error;
  }
  return undefined;
}

const seeds = Array.from({ length: 2000 }, (_, seed) => seed);

describe('the table of faults', () => {
  it.each(faults)('lets $name hit at least four services', ({ services }) => {
    expect(services.length).toBeGreaterThanOrEqual(4);
  });

  it('repeats and leaves out only calls that are made', () => {
    for (const { name, calls } of topology) {
      for (const callee of [repeatedCall[name], skippedCall[name]]) {
        if (callee !== undefined) expect(calls).toContain(callee);
      }
    }
  });

  it('disturbs databases only where there is one', () => {
    const withDatabase = topology.filter(({ database }) => database).map(({ name }) => name);
    expect(faultNamed('exhausted-pool').services).toEqual(withDatabase);
    expect(faultNamed('slow-query').services).toEqual(withDatabase);
  });

  it.each(faults)('says of a service what $name does to it', (fault) => {
    for (const service of fault.services) {
      const said = fault.describe(service, drawParameters(fault, 1));
      expect(said.startsWith(`${service} `)).toBe(true);
      expect(said).not.toMatch(/undefined|NaN|nobody/);
    }
  });
});

describe('drawing a fault', () => {
  it('is the same for the same seed', () => {
    expect(drawFault(42)).toEqual(drawFault(42));
  });

  it('reaches every service of every fault', () => {
    const drawn = new Set(seeds.map((seed) => drawFault(seed)).map(({ fault, service }) => `${fault} ${service}`));
    const possible = faults.flatMap(({ name, services }) => services.map((service) => `${name} ${service}`));
    expect([...drawn].sort()).toEqual([...possible].sort());
  });

  it('keeps to what was asked for', () => {
    const services = new Set(seeds.map((seed) => drawFault(seed, { fault: 'slow-query' }).service));
    expect([...services].sort()).toEqual([...faultNamed('slow-query').services].sort());
    const hitting = new Set(seeds.map((seed) => drawFault(seed, { service: 'payment' })).map(({ service }) => service));
    expect([...hitting]).toEqual(['payment']);
    expect(drawFault(1, { fault: 'errors', service: 'cart' })).toEqual({ fault: 'errors', service: 'cart' });
  });

  it('names what it does not know and what cannot be', () => {
    expect(codeOf(() => drawFault(1, { fault: 'gremlins' }))).toBe('DEMO_UNKNOWN_FAULT');
    expect(codeOf(() => drawFault(1, { service: 'billing' }))).toBe('DEMO_UNKNOWN_SERVICE');
    expect(codeOf(() => drawFault(1, { fault: 'slow-query', service: 'gateway' }))).toBe('DEMO_FAULT_NOT_APPLICABLE');
  });
});

describe('parameters of a fault', () => {
  it.each(faults)('of $name are drawn within range, and repeat with the seed', (fault) => {
    for (const seed of seeds.slice(0, 200)) {
      const drawn = drawParameters(fault, seed);
      expect(drawParameters(fault, seed)).toEqual(drawn);
      const active = parseFault(fault.services[0] ?? 'gateway', { ...drawn, name: fault.name });
      expect(active).toEqual({ name: fault.name, parameters: drawn });
    }
  });

  it.each(faults)('of $name may be smaller than what is drawn, and what is drawn is accepted', ({ parameters }) => {
    for (const { drawn, accepted } of Object.values(parameters)) {
      expect(accepted.min).toBeLessThan(drawn.min);
      expect(accepted.max).toBeGreaterThanOrEqual(drawn.max);
    }
  });

  it('are accepted down to what hardly shows', () => {
    const slow = { name: 'slow-dependency', delayMs: 1 };
    expect(parseFault('cart', slow)).toEqual({ name: 'slow-dependency', parameters: { delayMs: 1 } });
    const fails = { name: 'errors', share: 0.02 };
    expect(parseFault('cart', fails)).toEqual({ name: 'errors', parameters: { share: 0.02 } });
    expect(codeOf(() => parseFault('cart', { ...slow, delayMs: 0 }))).toBe('DEMO_INVALID_PARAMETER');
  });

  it.each([
    ['a fault nobody knows', { name: 'gremlins' }, 'DEMO_UNKNOWN_FAULT'],
    ['no object', 'errors', 'DEMO_UNKNOWN_FAULT'],
    ['a name of the prototype', { name: 'constructor' }, 'DEMO_UNKNOWN_FAULT'],
    ['a missing parameter', { name: 'errors' }, 'DEMO_INVALID_PARAMETER'],
    ['a parameter out of range', { name: 'errors', share: 7 }, 'DEMO_INVALID_PARAMETER'],
    ['a parameter that is no number', { name: 'errors', share: '0.5' }, 'DEMO_INVALID_PARAMETER'],
    ['a fault of a database it does not have', { name: 'slow-query', queryMs: 200 }, 'DEMO_FAULT_NOT_APPLICABLE'],
  ])('are refused when they are %s', (_what, body, code) => {
    expect(codeOf(() => parseFault('gateway', body))).toBe(code);
  });
});

describe('the topology', () => {
  it('calls only services that exist, and nobody calls itself or back', () => {
    const reach = new Map(topology.map(({ name, calls }) => [name, calls]));
    expect([...reach.keys()]).toEqual([...serviceNames]);
    const visit = (name: (typeof serviceNames)[number], path: readonly string[]): void => {
      expect(path).not.toContain(name);
      for (const callee of reach.get(name) ?? []) visit(callee, [...path, name]);
    };
    visit('gateway', []);
  });
});
