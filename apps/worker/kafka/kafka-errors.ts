import { StreamError, type StreamErrorCode } from '../stream-error';
import { tlsFault } from '../tls-faults';

/** Protocol errors that end a member's generation. */
const endingTypes = new Set([
  'REBALANCE_IN_PROGRESS',
  'ILLEGAL_GENERATION',
  'UNKNOWN_MEMBER_ID',
  'FENCED_INSTANCE_ID',
  'NOT_COORDINATOR_FOR_GROUP',
]);

const codes: Readonly<Record<string, StreamErrorCode>> = {
  UNKNOWN_TOPIC_OR_PARTITION: 'PLUMBLINE_STREAM_UNKNOWN_TOPIC',
  MESSAGE_TOO_LARGE: 'PLUMBLINE_STREAM_MESSAGE_TOO_LARGE',
  RECORD_LIST_TOO_LARGE: 'PLUMBLINE_STREAM_MESSAGE_TOO_LARGE',
  TOPIC_AUTHORIZATION_FAILED: 'PLUMBLINE_STREAM_REFUSED',
  GROUP_AUTHORIZATION_FAILED: 'PLUMBLINE_STREAM_REFUSED',
  CLUSTER_AUTHORIZATION_FAILED: 'PLUMBLINE_STREAM_REFUSED',
  SASL_AUTHENTICATION_FAILED: 'PLUMBLINE_STREAM_UNAUTHENTICATED',
  UNSUPPORTED_SASL_MECHANISM: 'PLUMBLINE_STREAM_REFUSED',
};

/** Names of kafkajs's errors that no repetition cures. */
const refusedNames = new Set(['KafkaJSNotImplemented']);

/** Whether an error says that the member's generation is over, so that it must join again. */
export function endsGeneration(error: unknown): boolean {
  return chain(error).some(({ type }) => type !== undefined && endingTypes.has(type));
}

/** Whether a broker knows no such user, or another password. */
export function isRefusal(error: unknown): boolean {
  return chain(error).some(({ type }) => type !== undefined && codes[type] === 'PLUMBLINE_STREAM_UNAUTHENTICATED');
}

/**
 * Gives an error of kafkajs a stable code; what is not known to be final may be repeated. A broker whose certificate does not hold is
 * named, with what is wrong with it.
 */
export function toStreamError(error: unknown, what: string): StreamError {
  const causes = chain(error);
  const own = causes.find(({ error: each }) => each instanceof StreamError);
  if (own?.error instanceof StreamError) {
    const { code, fault, message } = own.error;
    const saysWhat = message !== fault;
    if (own.error === error && saysWhat) return own.error;
    return new StreamError(code, saysWhat ? message : `${what}: ${message}`, {
      cause: error,
      ...(fault !== undefined && { fault }),
    });
  }
  const broken = causes.find(({ code }) => tlsFault(code) !== undefined);
  if (broken !== undefined) {
    const fault = `broker ${broken.broker ?? 'unknown'}: ${tlsFault(broken.code) ?? broken.message}`;
    return new StreamError('PLUMBLINE_STREAM_UNAVAILABLE', `${what}: ${fault}`, { cause: error, fault });
  }
  const known = causes
    .map(({ type }) => (type === undefined ? undefined : codes[type]))
    .find((code) => code !== undefined);
  const refused = causes.some(({ name }) => name !== undefined && refusedNames.has(name));
  const code = known ?? (refused ? 'PLUMBLINE_STREAM_REFUSED' : 'PLUMBLINE_STREAM_UNAVAILABLE');
  const message = causes.at(-1)?.message ?? String(error);
  return new StreamError(code, `${what}: ${message}`, { cause: error });
}

interface Described {
  readonly error: unknown;
  readonly name: string | undefined;
  readonly type: string | undefined;
  readonly message: string;
  readonly code: string | undefined;
  /** `host:port`. */
  readonly broker: string | undefined;
}

/** The error and what caused it, outermost first; the parts of an aggregate are its causes. */
function chain(error: unknown): Described[] {
  const found: Described[] = [];
  let current = error;
  while (typeof current === 'object' && current !== null && found.length < 10) {
    found.push({
      error: current,
      name: stringOf(current, 'name'),
      type: stringOf(current, 'type'),
      message: stringOf(current, 'message') ?? 'unknown error',
      code: stringOf(current, 'code'),
      broker: stringOf(current, 'broker'),
    });
    const errors: unknown = 'errors' in current ? current.errors : undefined;
    const originalError: unknown = 'originalError' in current ? current.originalError : undefined;
    current = Array.isArray(errors) ? errors[0] : 'cause' in current ? current.cause : originalError;
  }
  return found;
}

function stringOf(object: object, key: string): string | undefined {
  const value: unknown = key in object ? object[key as keyof object] : undefined;
  return typeof value === 'string' ? value : undefined;
}
