import { AddressNotFoundError } from './errors';
import { substituteAddresses } from './substitute';

describe('substituteAddresses', () => {
  it('replaces every occurrence of every address', () => {
    const text = 'a: tempo.tempo.svc:4317\nb: ["tempo.tempo.svc:4317", kafka:9092]\n';
    expect(substituteAddresses(text, { 'tempo.tempo.svc:4317': '127.0.0.1:1', 'kafka:9092': '127.0.0.1:2' })).toBe(
      'a: 127.0.0.1:1\nb: ["127.0.0.1:1", 127.0.0.1:2]\n',
    );
  });

  it('leaves a longer address alone that contains a shorter one', () => {
    const table = { 'tempo:4317': 'X' };
    expect(substituteAddresses('tempo:4317 my-tempo:4317 tempo:43170 http://tempo:4317/v1', table)).toBe(
      'X my-tempo:4317 tempo:43170 http://X/v1',
    );
  });

  it('does not end a host name where it goes on', () => {
    expect(substituteAddresses('host: kafka, kafka.svc, kafka.', { kafka: 'X' })).toBe('host: X, kafka.svc, X.');
  });

  it('prefers the longer of two addresses that begin alike', () => {
    expect(substituteAddresses('kafka kafka.svc', { kafka: 'A', 'kafka.svc': 'B' })).toBe('A B');
  });

  it('never replaces what it has put in', () => {
    expect(substituteAddresses('one two', { one: 'two', two: 'one' })).toBe('two one');
  });

  it('takes paths as well as addresses', () => {
    expect(substituteAddresses('path: /var/tempo/wal', { '/var/tempo': '/tmp/t' })).toBe('path: /tmp/t/wal');
  });

  it('fails if an address of the table is not in the text, and names it', () => {
    expect(() => substituteAddresses('kafka:9092', { 'kafka:9092': 'X', 'redpanda:9092': 'Y' })).toThrow(
      new AddressNotFoundError(['redpanda:9092']),
    );
  });
});
