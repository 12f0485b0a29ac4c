import { addressesResolve } from './addresses';
import { credentialsPermitted } from './credentials';
import { imagesPinned, probesSet, resourcesSet, volumesUsed } from './containers';
import {
  autoscalerOwnsReplicas,
  claimTemplatesTyped,
  jobsGoAway,
  jobsHashed,
  namespaceRendered,
  namespaceRestricted,
  uniqueIdentity,
} from './identity';
import type { Invariant, KubeObject, Violation } from './model';
import { namesValid } from './names';
import { connectionsAllowed, defaultDeny, flowsMirrored, flowsNeeded, lookupsAllowed, onePolicyEach } from './network';
import { doorsOpen, outsideExplained } from './outside';
import { podSecurity } from './pod-security';
import { portsResolve } from './ports';
import { referencesExist } from './references';
import { oldestMinor } from './kubernetes-types';
import { schemaInvariant } from './schema';
import { noSecretValues } from './secrets';
import { budgetsAllowDrain, budgetsSet, selectorsMatchOne, selectorsStable } from './selectors';
import { clusterRightsExplained, serviceAccountsOwn, tokensWithRights } from './service-accounts';
import { triggersAuthenticated } from './triggers';

export { sumResources } from './budget';
export type { ResourceSums } from './budget';
export { exceptionsOf } from './exceptions';
export type { Exception } from './exceptions';
export { readDefinitions } from './custom-resources';
export { describeViolation } from './model';
export type { Invariant, KubeObject, Violation } from './model';
export { outsideAnnotation } from './outside';
export { parseQuantity } from './quantity';
export { parseObjects, readEnvironment, RenderedFileError, renderedEnvironments } from './rendered';

/** Invariants of well-formed objects, in the order of the reference page. */
const structural: readonly Invariant[] = [
  uniqueIdentity,
  namesValid,
  namespaceRendered,
  namespaceRestricted,
  podSecurity,
  noSecretValues,
  serviceAccountsOwn,
  clusterRightsExplained,
  tokensWithRights,
  resourcesSet,
  probesSet,
  imagesPinned,
  volumesUsed,
  referencesExist,
  credentialsPermitted,
  portsResolve,
  selectorsStable,
  selectorsMatchOne,
  budgetsSet,
  budgetsAllowDrain,
  autoscalerOwnsReplicas,
  triggersAuthenticated,
  claimTemplatesTyped,
  jobsHashed,
  jobsGoAway,
  addressesResolve,
  defaultDeny,
  onePolicyEach,
  connectionsAllowed,
  flowsNeeded,
  flowsMirrored,
  doorsOpen,
  outsideExplained,
  lookupsAllowed,
];

/**
 * Every invariant.
 *
 * @param definitions CustomResourceDefinitions whose kinds the `schema` invariant knows besides the built-in ones.
 */
export function invariants(definitions: readonly KubeObject[] = []): readonly Invariant[] {
  return [schemaInvariant(definitions), ...structural];
}

/**
 * Where `objects`, all of one environment, break an invariant. Objects that break `schema` are reported alone: the other
 * invariants read fields and rely on their types.
 *
 * @param except ids of invariants that do not have to hold
 * @param minor version of Kubernetes that the objects are for, such as `1.33`
 * @throws {InvalidPropError} for a version whose types are not installed
 */
export function checkAll(
  objects: readonly KubeObject[],
  definitions: readonly KubeObject[] = [],
  except: readonly string[] = [],
  minor: string = oldestMinor,
): readonly Violation[] {
  const kept = (each: Invariant): boolean => !except.includes(each.id);
  const malformed = [schemaInvariant(definitions, minor)].filter(kept).flatMap((each) => each.check(objects));
  return malformed.length > 0 ? malformed : structural.filter(kept).flatMap((each) => each.check(objects));
}
