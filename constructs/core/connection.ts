import type { IEnvSource } from './env-source';
import type { SecretRef } from './secret-ref';

/** A user's name and password, by reference. */
export interface UserCredentials {
  readonly username: IEnvSource;
  readonly password: IEnvSource;
  /** The Secret that holds both, under these keys, for what reads files: those change with it. @default - it cannot be mounted */
  readonly secret?: SecretRef;
}

/** What a client must do for a connection to be encrypted; paths are those in its own containers. */
export interface ClientTls {
  /** PEM of the authority to trust. @default - those that the image trusts */
  readonly caFile?: string;
  /** Name in the server's certificate. @default - the host */
  readonly serverName?: string;
  /** The client's own certificate and key, PEM. @default - it shows none */
  readonly certificate?: { readonly certFile: string; readonly keyFile: string };
  /** The Secrets that the files are of, in the client's namespace, for what reads them by reference. @default - there are none */
  readonly secrets?: { readonly ca?: string; readonly certificate?: string };
}

/** All that a client must be told of an endpoint that it may connect to. What the endpoint does not ask for is absent. */
export interface Connection {
  readonly host: string;
  readonly port: number;
  /** `host:port`. */
  readonly authority: string;
  /** `http://host:port`, or `host:port` for protocols without a scheme. */
  readonly url: string;
  /** @default - plain text */
  readonly tls?: ClientTls;
  /** Headers of every request, such as that of a tenant; no secrets. @default - none */
  readonly headers?: Readonly<Record<string, string>>;
}

/** How an endpoint is encrypted, as an environment says it. Secrets are in the namespace of each client, under one name. */
export interface TlsProps {
  /**
   * Secret with `ca.crt`, the authority to trust.
   *
   * @default - those that the image trusts
   */
  readonly ca?: string;
  /** Name in the server's certificate. @default - the host */
  readonly serverName?: string;
  /**
   * Secret with `tls.crt` and `tls.key` that a client shows.
   *
   * @default - the server asks for none
   */
  readonly clientCertificate?: string;
}
