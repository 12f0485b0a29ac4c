import { deadLetter } from './dead-letter';

const source = { topic: 'traces', partition: 3 };

test('a dead letter has the bytes as they came, says why and where from, and goes to the partition that its source decides', () => {
  expect(deadLetter(source, { offset: 7, value: Buffer.from('x') }, 'no trace')).toEqual({
    topic: 'traces-dead-letter',
    key: 'traces/3',
    value: Buffer.from('x'),
    headers: {
      'plumbline-reason': 'no trace',
      'plumbline-source-topic': 'traces',
      'plumbline-source-partition': '3',
      'plumbline-source-offset': '7',
    },
  });
});

test('a tombstone is no tombstone among the dead letters, and a reason has an end', () => {
  const { value, headers } = deadLetter(source, { offset: 7, value: null }, 'x'.repeat(5000));
  expect(value).toHaveLength(0);
  expect(headers?.['plumbline-reason']).toHaveLength(1000);
});

test('what a sender wrote in headers stays beside what is told, and cannot pass for it', () => {
  const sent = { tenant: 'acme', 'plumbline-source-offset': '1' };
  const { headers, timestampMs } = deadLetter(source, { offset: 7, value: null, headers: sent, timestampMs: 5 }, 'why');
  expect(headers).toMatchObject({ tenant: 'acme', 'plumbline-source-offset': '7' });
  expect(timestampMs).toBe(5);
});
