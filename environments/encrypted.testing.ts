import { SecretSource } from '../constructs';
import type { Environment } from './environment';
import { thesis } from './thesis';

/** The thesis, encrypted and authenticated: what has to be said for it, and no more. */
export const encrypted: Environment = {
  ...thesis,
  name: 'encrypted',
  tls: { ca: 'platform-ca' },
  broker: { ...thesis.broker, users: SecretSource.generated() },
};
