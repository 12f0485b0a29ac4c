import { S3Client } from '@aws-sdk/client-s3';

/** How to reach an S3. */
export interface S3Connection {
  /** @default - AWS's own */
  readonly endpoint?: string;
  readonly region: string;
  /** Buckets in the path, for servers that do not serve them as host names. @default false */
  readonly forcePathStyle?: boolean;
  /** PEM of the only authority to trust. @default - those that Node.js trusts */
  readonly certificateAuthority?: string;
  /** @default - the AWS SDK's chain of providers, such as a web identity token */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

/** A client whose requests end: five attempts of at most half a minute. */
export function s3Client(connection: S3Connection): S3Client {
  const { endpoint, region, forcePathStyle = false, certificateAuthority: ca, credentials } = connection;
  return new S3Client({
    region,
    forcePathStyle,
    maxAttempts: 5,
    requestHandler: {
      connectionTimeout: 5_000,
      requestTimeout: 30_000,
      throwOnRequestTimeout: true,
      ...(ca !== undefined && { httpsAgent: { ca } }),
    },
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials !== undefined && { credentials }),
  });
}
