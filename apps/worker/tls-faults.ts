/** Codes of Node.js (`tls.connect`, X509 verification) and of OpenSSL's alerts. */
const faults: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate was revoked',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for other names',
  UNABLE_TO_GET_ISSUER_CERT: 'no authority that is trusted vouches for its certificate',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'no authority that is trusted vouches for its certificate',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'no authority that is trusted vouches for its certificate',
  SELF_SIGNED_CERT_IN_CHAIN: 'no authority that is trusted vouches for its certificate',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'no authority that is trusted vouches for its certificate',
  CERT_SIGNATURE_FAILURE: 'no authority that is trusted vouches for its certificate',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'it asks for a certificate of ours',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'our certificate has expired',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'it refuses our certificate',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'it does not trust who issued our certificate',
};

/** What a code says of the other side's certificate, or of ours; `undefined` for any other trouble. */
export function tlsFault(code: string | undefined): string | undefined {
  return code === undefined ? undefined : faults[code];
}
