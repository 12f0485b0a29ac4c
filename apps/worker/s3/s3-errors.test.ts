import { toStoreError } from './s3-errors';

const store = 'https://objects:7070';

function answer(name: string, httpStatusCode: number): Error {
  return Object.assign(new Error(`says ${name}`), { name, $metadata: { httpStatusCode } });
}

describe('an error of the SDK', () => {
  it.each(['InvalidAccessKeyId', 'SignatureDoesNotMatch'])(
    '%s may be repeated: the key may be made meanwhile',
    (name) => {
      const error = toStoreError(answer(name, 403), 'put a in b', store);
      const fault = `${store} refuses our access key: there is none, or its secret is another (${name})`;
      expect(error).toMatchObject({
        code: 'PLUMBLINE_OBJECT_UNAUTHENTICATED',
        transient: true,
        fault,
        message: `put a in b: ${fault}`,
      });
    },
  );

  it('is final when a key that is known may not do it', () => {
    const error = toStoreError(answer('AccessDenied', 403), 'put a in b', store);
    expect(error).toMatchObject({ code: 'PLUMBLINE_OBJECT_DENIED', transient: false });
    expect(error.fault).toBeUndefined();
  });

  it.each([
    ['CERT_HAS_EXPIRED', 'its certificate has expired'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for other names'],
    ['SELF_SIGNED_CERT_IN_CHAIN', 'no authority that is trusted vouches for its certificate'],
  ])('%s names the store, and what is wrong with its certificate', (code, said) => {
    const error = toStoreError(Object.assign(new Error('in words of OpenSSL'), { code }), 'get a from b', store);
    expect(error).toMatchObject({
      transient: true,
      fault: `${store}: ${said}`,
      message: `get a from b: ${store}: ${said}`,
    });
  });

  it('may be repeated when the store was not reached', () => {
    const error = toStoreError(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }), 'get a from b', store);
    expect(error).toMatchObject({ code: 'PLUMBLINE_OBJECT_UNAVAILABLE', transient: true });
  });
});
