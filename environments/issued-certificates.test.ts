import { Duration } from 'cdk8s';
import { CertificateIssuer, ServerCertificate, type ExistingIssuerOptions } from '../constructs';
import { checkAll, describeViolation, readDefinitions, type KubeObject } from '../constructs/invariants';
import { objectOf, renderApp } from '../constructs/testing';
import { platform } from '../main';
import { encrypted } from './encrypted.testing';
import { environments } from './index';

const definitions = readDefinitions('imports/crds');
const violations = (objects: readonly KubeObject[]) => checkAll(objects, definitions).map(describeViolation);
const issuedBy = (issuer: CertificateIssuer) => ({ ca: 'platform-ca', issuer });

function render(issuer: CertificateIssuer) {
  const app = platform({ ...encrypted, tls: issuedBy(issuer) });
  const objects = renderApp(app);
  const ofKind = (kind: string) => objects.filter((object) => object.kind === kind);
  const certificate = (namespace: string, name: string) =>
    ofKind('Certificate').find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)?.spec;
  return { app, objects, ofKind, certificate };
}

const existing = (options: Partial<ExistingIssuerOptions> = {}) =>
  render(CertificateIssuer.existing({ name: 'corporate', ...options }));

describe('Certificates by cert-manager', () => {
  it.each(environments.map((environment) => ({ name: environment.name, environment })))(
    'are all there is to make for $name, encrypted: every Secret with a certificate or an authority has its source',
    ({ environment }) => {
      const issued = platform({ ...environment, tls: issuedBy(CertificateIssuer.ownAuthority()) });
      const before = violations(renderApp(platform(environment)));
      expect(violations(renderApp(issued))).toEqual(before);
      const byHand = violations(renderApp(platform({ ...environment, tls: { ca: 'platform-ca' } })));
      expect(byHand.some((text) => text.includes('/platform-ca'))).toBe(true);
    },
  );

  it('change nothing for an environment that does not ask for them', () => {
    expect(renderApp(platform(encrypted)).some(({ apiVersion }) => apiVersion.startsWith('cert-manager'))).toBe(false);
  });

  it('are for the names of each server, in its namespace, with a new key each time', () => {
    const { app, certificate } = render(CertificateIssuer.ownAuthority());
    const servers = ServerCertificate.all(app);
    expect(servers.length).toBeGreaterThan(5);
    for (const { namespace, secretName, dnsNames } of servers)
      expect(certificate(namespace, secretName)).toEqual({
        secretName,
        dnsNames,
        usages: ['digital signature', 'server auth'],
        duration: '8760h0m0s',
        renewBefore: '2160h0m0s',
        privateKey: { algorithm: 'ECDSA', size: 256, encoding: 'PKCS8', rotationPolicy: 'Always' },
        issuerRef: { name: 'plumbline-ca', kind: 'ClusterIssuer', group: 'cert-manager.io' },
      });
  });

  it('have whom clients trust beside one in each namespace, for a name that no Service has', () => {
    const { objects, ofKind, certificate } = render(CertificateIssuer.ownAuthority());
    const names = ofKind('Namespace').map(({ metadata }) => metadata.name);
    for (const namespace of names) {
      expect(certificate(namespace, 'platform-ca')).toMatchObject({
        secretName: 'platform-ca',
        dnsNames: [`platform-ca.${namespace}.svc.cluster.local`],
        usages: ['digital signature', 'server auth'],
      });
      expect(objects.some(({ kind, metadata }) => kind === 'Service' && metadata.name === 'platform-ca')).toBe(false);
    }
    // The key beside it is in no pod.
    const mounted = JSON.stringify(objects.filter(({ kind }) => kind !== 'Certificate'));
    expect(mounted).toContain('"secretName":"platform-ca"');
    for (const [, items] of mounted.matchAll(/"secretName":"platform-ca","defaultMode":288,"items":(\[[^\]]*\])/g))
      expect(items).toBe('[{"key":"ca.crt","path":"ca.crt"}]');
  });

  it('are signed by a root that keeps its key, and is made anew two lifetimes of a certificate before its end', () => {
    const { objects, certificate } = render(
      CertificateIssuer.ownAuthority({ name: 'staging-ca', namespace: 'certificates', lifetime: Duration.days(400) }),
    );
    expect(certificate('certificates', 'staging-ca')).toMatchObject({
      isCA: true,
      commonName: 'staging-ca',
      duration: '87600h0m0s',
      renewBefore: '19200h0m0s',
      privateKey: { rotationPolicy: 'Never' },
      issuerRef: { name: 'staging-ca-self-signed', kind: 'Issuer' },
    });
    expect(objectOf(objects, 'ClusterIssuer', 'staging-ca').spec).toEqual({ ca: { secretName: 'staging-ca' } });
    expect(objectOf(objects, 'Issuer', 'staging-ca-self-signed')).toMatchObject({
      metadata: { namespace: 'certificates' },
      spec: { selfSigned: {} },
    });
  });

  it('have nothing but the root of their ClusterIssuer in a namespace that is not ours', () => {
    const { objects } = render(CertificateIssuer.ownAuthority());
    expect(violations(objects)).toEqual([]);
    const left = violations(objects.filter(({ kind }) => kind !== 'ClusterIssuer'));
    expect(left).toEqual([
      expect.stringContaining('Issuer cert-manager/plumbline-ca-self-signed: metadata.namespace'),
      expect.stringContaining('Certificate cert-manager/plumbline-ca: metadata.namespace'),
    ]);
  });

  it('are asked of an issuer that is there, which makes no root of ours', () => {
    const { ofKind, certificate } = existing({ kind: 'AWSPCAClusterIssuer', group: 'awspca.cert-manager.io' });
    expect([...ofKind('Issuer'), ...ofKind('ClusterIssuer')]).toEqual([]);
    expect(certificate('grafana', 'grafana-tls')).toMatchObject({
      issuerRef: { name: 'corporate', kind: 'AWSPCAClusterIssuer', group: 'awspca.cert-manager.io' },
    });
    expect(certificate('grafana', 'platform-ca')).toBeDefined();
  });

  it('leave the authority to somebody else where the issuer does not tell it', () => {
    const { objects, certificate } = existing({ authority: 'existing' });
    expect(certificate('grafana', 'platform-ca')).toBeUndefined();
    const found = violations(objects);
    expect(found).not.toEqual([]);
    for (const text of found) expect(text).toMatch(/there is no Secret \w+\/platform-ca/);
  });

  it.each<[string, () => CertificateIssuer, string]>([
    [
      'a certificate that is renewed before it is made',
      () => CertificateIssuer.existing({ name: 'a', lifetime: Duration.days(30) }),
      'renewBefore is "90 days", which is not less than the lifetime, 30 days',
    ],
    [
      'one for minutes',
      () => CertificateIssuer.existing({ name: 'a', lifetime: Duration.minutes(30) }),
      'lifetime is "30 minutes", which is not an hour at least',
    ],
    [
      'a root that ends with what it signed',
      () => CertificateIssuer.ownAuthority({ rootLifetime: Duration.days(1000) }),
      'rootLifetime is "1000 days", which is not four times the lifetime of certificates',
    ],
  ])('refuse %s', (_, make, message) => {
    expect(make).toThrow(message);
  });
});
