import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { endsGeneration, toStreamError } from './kafka-errors';

function protocolError(type: string): KafkaJSProtocolError {
  return new KafkaJSProtocolError(Object.assign(new Error(`broker says ${type}`), { type, code: 0, retriable: false }));
}

describe('an error of kafkajs', () => {
  it('is final when the broker does not allow it', () => {
    expect(toStreamError(protocolError('TOPIC_AUTHORIZATION_FAILED'), 'produce to t')).toMatchObject({
      code: 'PLUMBLINE_STREAM_REFUSED',
      transient: false,
      message: 'produce to t: broker says TOPIC_AUTHORIZATION_FAILED',
    });
  });

  it('is judged by what it was caused by', () => {
    const exceeded = new KafkaJSNumberOfRetriesExceeded(protocolError('UNKNOWN_TOPIC_OR_PARTITION'), {
      retryCount: 5,
      retryTime: 1,
    });
    expect(toStreamError(exceeded, 'x').code).toBe('PLUMBLINE_STREAM_UNKNOWN_TOPIC');
  });

  it('may be repeated when the connection was lost', () => {
    expect(toStreamError(new KafkaJSConnectionError('Connection timeout'), 'x').transient).toBe(true);
  });

  it.each(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])('%s ends a generation', (type) => {
    expect(endsGeneration(protocolError(type))).toBe(true);
  });

  it('of any other kind does not end a generation', () => {
    expect(endsGeneration(protocolError('NOT_LEADER_FOR_PARTITION'))).toBe(false);
    expect(endsGeneration(undefined)).toBe(false);
  });
});
