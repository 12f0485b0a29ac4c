import { toRecord } from './kafka-records';

const message = { key: null, value: null, timestamp: '0', attributes: 0, offset: '3' };

describe('a message of Kafka as a record', () => {
  it('keeps the last value of a header that was given several times, and drops one without a value', () => {
    const given = { schema: [Buffer.from('v1'), Buffer.from('v2')], reason: 'late', nothing: undefined };
    expect(toRecord({ ...message, headers: given }).headers).toEqual({ schema: 'v2', reason: 'late' });
  });

  it('keeps a header that is named as the prototype of an object', () => {
    const { headers } = toRecord({ ...message, headers: { ['__proto__']: 'kept' } });
    expect(Object.entries(headers)).toEqual([['__proto__', 'kept']]);
  });
});
