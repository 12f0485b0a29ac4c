import { S3Client } from '@aws-sdk/client-s3';
import { Agent } from 'node:https';
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { currently, type Current } from '../current';

/** How to reach an S3. */
export interface S3Connection {
  /** @default - AWS's own */
  readonly endpoint?: string;
  readonly region: string;
  /** Buckets in the path, for servers that do not serve them as host names. @default false */
  readonly forcePathStyle?: boolean;
  /** @default - the AWS SDK's chain of providers, such as a web identity token */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
  /** PEM of an authority to trust besides those that Node.js does. @default - none */
  readonly certificateAuthority?: Current<string>;
}

/** A client whose requests end: five attempts of at most half a minute. */
export function s3Client(connection: S3Connection): S3Client {
  const { endpoint, region, forcePathStyle = false, credentials, certificateAuthority } = connection;
  return new S3Client({
    region,
    forcePathStyle,
    maxAttempts: 5,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 30_000,
      throwOnRequestTimeout: true,
      ...(certificateAuthority !== undefined && { httpsAgent: new TrustingAgent(certificateAuthority) }),
    },
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
  });
}

/** Looks up for each connection whom to trust. */
class TrustingAgent extends Agent {
  /** Reading all roots takes 50 ms of CPU, and a store may want a connection for every request. */
  private trusted: { readonly authority: string; readonly context: SecureContext } | undefined;

  constructor(private readonly authority: Current<string>) {
    // As of the SDK's own.
    super({ keepAlive: true, maxSockets: 50 });
  }

  override createConnection(...[options, callback]: Parameters<Agent['createConnection']>) {
    const authority = currently(this.authority);
    if (this.trusted?.authority !== authority)
      this.trusted = { authority, context: createSecureContext({ ca: [...rootCertificates, authority] }) };
    // The types of https do not name what it hands on to tls.
    const trusting = { ...options, secureContext: this.trusted.context };
    return super.createConnection(trusting, callback);
  }
}
