import { Cluster } from './cluster';
import { soundObjects } from './fixtures';
import { secretsOf } from './references';
import { parseObjects } from './rendered';

const known = (text: string) =>
  secretsOf(new Cluster(parseObjects(text, 'test'))).map(({ namespace, name, keys }) => ({ namespace, name, keys }));

describe('a Secret that is not rendered is known', () => {
  it('from the file of the credentials Job, with its copies', () => {
    const made = secretsOf(new Cluster(soundObjects())).map(({ namespace, name, keys }) => ({ namespace, name, keys }));
    expect(made).toEqual([
      { namespace: 'data', name: 'ledger', keys: ['user', 'password'] },
      { namespace: 'shop', name: 'ledger-client', keys: ['user', 'password'] },
    ]);
  });

  it('from an ExternalSecret, with the keys it lists', () => {
    const text = `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ledger, namespace: data }
spec: { target: { name: ledger-password }, data: [{ secretKey: password, remoteRef: { key: ledger } }] }
`;
    expect(known(text)).toEqual([{ namespace: 'data', name: 'ledger-password', keys: ['password'] }]);
  });

  it('from an ExternalSecret that takes a whole entry, with keys that only the store knows', () => {
    const text = `
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ledger, namespace: data }
spec: { dataFrom: [{ extract: { key: ledger } }] }
`;
    expect(known(text)).toEqual([{ namespace: 'data', name: 'ledger', keys: undefined }]);
  });

  it('from a Certificate', () => {
    const text = `
apiVersion: cert-manager.io/v1
kind: Certificate
metadata: { name: ledger, namespace: data }
spec: { secretName: ledger-tls }
`;
    expect(known(text)).toEqual([{ namespace: 'data', name: 'ledger-tls', keys: ['ca.crt', 'tls.crt', 'tls.key'] }]);
  });
});
