import { KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, KafkaJSProtocolError } from 'kafkajs';
import { StreamError } from '../stream-error';
import { endsGeneration, isRefusal, toStreamError } from './kafka-errors';

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

  it('names the broker whose certificate does not hold, and what is wrong with it', () => {
    const expired = new KafkaJSConnectionError('Connection error: certificate has expired', {
      broker: 'kafka-0:9092',
      code: 'CERT_HAS_EXPIRED',
    });
    const exceeded = new KafkaJSNumberOfRetriesExceeded(expired, { retryCount: 5, retryTime: 1 });
    expect(toStreamError(exceeded, 'produce to t')).toMatchObject({
      code: 'PLUMBLINE_STREAM_UNAVAILABLE',
      transient: true,
      fault: 'broker kafka-0:9092: its certificate has expired',
      message: 'produce to t: broker kafka-0:9092: its certificate has expired',
    });
  });

  it('may be repeated when the broker does not know the user, who may be made meanwhile', () => {
    const refused = protocolError('SASL_AUTHENTICATION_FAILED');
    expect([isRefusal(refused), isRefusal(protocolError('TOPIC_AUTHORIZATION_FAILED'))]).toEqual([true, false]);
    expect(toStreamError(refused, 'x')).toMatchObject({ code: 'PLUMBLINE_STREAM_UNAUTHENTICATED', transient: true });
  });

  it('says once what could not be done, however often it is passed on', () => {
    const fault = 'broker a:1 refuses user u';
    const bare = new StreamError('PLUMBLINE_STREAM_UNAUTHENTICATED', fault, { fault });
    const wrapped = new KafkaJSNumberOfRetriesExceeded(bare, { retryCount: 0, retryTime: 1 });
    const once = toStreamError(wrapped, 'produce to t');
    expect(toStreamError(once, 'group g')).toBe(once);
    expect(once).toMatchObject({ code: bare.code, fault, message: `produce to t: ${fault}` });
  });

  it.each(['REBALANCE_IN_PROGRESS', 'ILLEGAL_GENERATION', 'UNKNOWN_MEMBER_ID'])('%s ends a generation', (type) => {
    expect(endsGeneration(protocolError(type))).toBe(true);
  });

  it('of any other kind does not end a generation', () => {
    expect(endsGeneration(protocolError('NOT_LEADER_FOR_PARTITION'))).toBe(false);
    expect(endsGeneration(undefined)).toBe(false);
  });
});
