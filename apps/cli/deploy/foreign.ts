import { z } from 'zod';
import { prefix, type ClusterApi } from '../verify/cluster/api';
import { VerifyError } from '../verify/check';
import { concurrently, requestsAtOnce } from './concurrently';
import { isOurs } from './ownership';

const groupsSchema = z.object({
  groups: z.array(z.object({ preferredVersion: z.object({ groupVersion: z.string() }) })).default([]),
});
const resourcesSchema = z.object({
  resources: z.array(
    z.object({
      name: z.string(),
      kind: z.string(),
      namespaced: z.boolean(),
      verbs: z.array(z.string()).default([]),
    }),
  ),
});
const metadataListSchema = z.object({
  items: z
    .array(
      z.looseObject({
        metadata: z.looseObject({ name: z.string(), ownerReferences: z.array(z.unknown()).default([]) }),
      }),
    )
    .nullish(),
});

/** Names and labels without contents, so that no Secret is read. */
const namesOnly = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

/** Kinds that the cluster writes about objects of others. */
const bookkeeping = new Set(['Event', 'Endpoints', 'EndpointSlice', 'PodMetrics', 'PackageManifest']);
/** What every namespace gets, by kind. */
const given: Readonly<Record<string, readonly RegExp[]>> = {
  ConfigMap: [/^kube-root-ca\.crt$/, /^openshift-service-ca\.crt$/, /^istio-ca-root-cert$/],
  ServiceAccount: [/^(default|builder|deployer)$/],
  RoleBinding: [/^system:(image-pullers|image-builders|deployers)$/],
  Secret: [/^(default|builder|deployer)-(token|dockercfg)-/],
};

/** Kinds that can be in a namespace, with where they are listed. */
export type NamespacedResource = { readonly kind: string; readonly group: string; readonly name: string };

/**
 * Every kind that can be in a namespace and be listed.
 *
 * @throws {VerifyError} without an answer of the API server
 */
export async function namespacedResources(api: ClusterApi): Promise<readonly NamespacedResource[]> {
  const { groups } = groupsSchema.parse((await api.get('/apis')) ?? {});
  const versions = ['v1', ...groups.map(({ preferredVersion }) => preferredVersion.groupVersion)];
  const lists = await concurrently(versions, requestsAtOnce, async (version) => {
    const { success, data } = resourcesSchema.safeParse(await api.get(prefix(version)));
    // An API that an add-on serves may be away.
    if (!success) throw new VerifyError(`${version} is not served`, `kubectl get --raw ${prefix(version)}`);
    return data.resources
      .filter(({ name, namespaced, verbs }) => namespaced && !name.includes('/') && verbs.includes('list'))
      .map(({ name, kind }) => ({ name, kind, group: prefix(version) }));
  });
  return lists.flat().filter(({ kind }) => !bookkeeping.has(kind));
}

/**
 * Objects of a namespace that are neither ours nor made by the cluster for every namespace, such as `Pod/theirs`.
 *
 * @param isKnown names by kind that are ours without a label, such as claims that StatefulSets made
 * @throws {VerifyError} without an answer of the API server, or without the right to list something
 */
export async function foreignObjects(
  api: ClusterApi,
  namespace: string,
  resources: readonly NamespacedResource[],
  isKnown: (kind: string, name: string) => boolean,
): Promise<readonly string[]> {
  const found = await concurrently(resources, requestsAtOnce, async ({ kind, group, name: plural }) => {
    const path = `${group}/namespaces/${namespace}/${plural}`;
    const { status, text } = await api.send({ method: 'GET', path, accept: namesOnly });
    if (status === 404 || status === 405) return [];
    if (status !== 200) {
      throw new VerifyError(`the API server answers ${status} to GET ${path}`, 'use a context whose user may list it');
    }
    const { items } = metadataListSchema.parse(JSON.parse(text));
    return (items ?? [])
      .filter(({ metadata }) => metadata.ownerReferences.length === 0)
      .filter((item) => !isOurs(item) && !isKnown(kind, item.metadata.name))
      .filter(({ metadata: { name } }) => !(given[kind] ?? []).some((pattern) => pattern.test(name)))
      .map(({ metadata: { name } }) => `${kind}/${name}`);
  });
  return found.flat().sort();
}
