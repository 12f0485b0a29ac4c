/** kafkajs lets one authenticate otherwise, and exports its own way only from here (2.2.4, pinned). */
declare module 'kafkajs/src/broker/saslAuthenticator/scram256.js' {
  import type { AuthenticationProviderArgs, Authenticator } from 'kafkajs';

  const scram256: (user: {
    readonly username: string;
    readonly password: string;
  }) => (args: AuthenticationProviderArgs) => Authenticator;
  export default scram256;
}
