import { SecretRef } from '../constructs';
import { checkAll, describeViolation, readDefinitions } from '../constructs/invariants';
import { renderApp } from '../constructs/testing';
import { platform } from '../main';
import { externalSecrets } from './external-secrets.testing';

const app = platform(externalSecrets);
const objects = renderApp(app);
const places = (kinds: readonly string[]) =>
  objects
    .filter(({ kind }) => kinds.includes(kind))
    .map(({ metadata, spec }) => {
      const { target, secretName } = spec as { target?: { name?: string }; secretName?: string };
      return `${metadata.namespace}/${target?.name ?? secretName ?? metadata.name}`;
    });

describe('An environment whose secrets are in a store', () => {
  it('has no Job that makes any, and none of the rights of one', () => {
    const ofCredentials = objects.filter(({ metadata }) => metadata.name.startsWith('credentials'));
    expect(ofCredentials).toEqual([]);
    expect(objects.filter(({ kind }) => kind === 'Secret')).toEqual([]);
  });

  it('has each Secret from one source, the store or cert-manager, and lacks none', () => {
    const made = places(['ExternalSecret', 'Certificate']);
    expect(new Set(made).size).toBe(made.length);
    expect(places(['Certificate']).length).toBeGreaterThan(5);
    expect(checkAll(objects, readDefinitions('imports/crds')).map(describeViolation)).toEqual([]);
  });

  it('asks the store for every key of every Secret, where it is needed', () => {
    const refs = app.node.findAll().filter((each): each is SecretRef => each instanceof SecretRef);
    const fromStore = refs.filter(({ source }) => source.kind === 'external');
    expect(fromStore.length).toBeGreaterThan(10);
    expect(refs.filter(({ source }) => source.kind === 'generated')).toEqual([]);
    const external = new Set(places(['ExternalSecret']));
    for (const ref of fromStore)
      for (const { namespace, name } of ref.places) expect(external).toContain(`${namespace}/${name}`);
  });
});
