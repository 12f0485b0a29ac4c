import type { GrowClaim, GrowState } from './state';
import type { GrowTarget } from './target';

/** Something in the way, and what to do. */
export interface Obstacle {
  readonly problem: string;
  readonly todo: string;
}

/** What of a target is left to be done. */
export interface GrowSteps {
  /** Claims that do not ask for it yet. */
  readonly patch: readonly GrowClaim[];
  /** Whether the StatefulSet has to be made with another template: its old one is deleted first, where there is one. */
  readonly replace: boolean;
  /** Claims whose volumes are not as large yet. */
  readonly await: readonly GrowClaim[];
}

/** What is in the way of a size; nothing was changed yet. */
export function obstaclesOf(target: GrowTarget, state: GrowState, bytes: number): readonly Obstacle[] {
  const { namespace, name } = target;
  const where = `${namespace}/StatefulSet/${name}`;
  if (state.isForeign) {
    return [
      {
        problem: `${where} is not ours: it lacks the label app.kubernetes.io/part-of: plumbline`,
        todo: `kubectl -n ${namespace} get statefulset ${name} -o yaml`,
      },
    ];
  }
  if (state.claims.length === 0) {
    return [
      { problem: `there is no claim of ${where} yet`, todo: 'plumbline up makes it in the size that is rendered' },
    ];
  }
  const { deletionTimestamp, finalizers = [] } = state.set?.metadata ?? {};
  // One that leaves its pods is this command's, interrupted; any other takes them with it.
  if (deletionTimestamp !== undefined && !finalizers.includes('orphan')) {
    return [
      {
        problem: `${where} is being deleted`,
        todo: `kubectl -n ${namespace} wait --for=delete statefulset ${name}; then again`,
      },
    ];
  }
  const obstacles: Obstacle[] = [];
  for (const claim of state.claims) {
    const at = `${namespace}/PersistentVolumeClaim/${claim.name}`;
    if (claim.requested > bytes) {
      obstacles.push({
        problem: `${at} asks for ${inWords(claim.requested)}, and volumes never shrink`,
        todo: `render ${inWords(claim.requested)} or more; for less, its data has to be copied to a new claim`,
      });
      continue;
    }
    if (claim.requested === bytes) continue;
    if (claim.phase !== 'Bound') {
      obstacles.push({ problem: `${at} is ${claim.phase}`, todo: 'plumbline doctor --only storage,claims' });
    } else if (!claim.allowsExpansion) {
      const named = claim.storageClass ?? 'none';
      obstacles.push({
        problem: `${at}: volumes of StorageClass ${named} cannot grow`,
        todo: `kubectl patch storageclass ${named} -p '{"allowVolumeExpansion":true}', if its driver can`,
      });
    }
  }
  return obstacles;
}

/** What is left: whoever is interrupted goes on here. */
export function stepsOf({ set, templateSize, claims }: GrowState, bytes: number): GrowSteps {
  return {
    patch: claims.filter(({ requested }) => requested < bytes),
    replace: set === undefined || templateSize !== bytes,
    await: claims.filter(({ capacity }) => capacity < bytes),
  };
}

/** `50Gi`, `1536Mi`. */
export function inWords(bytes: number): string {
  const units = ['', 'Ki', 'Mi', 'Gi', 'Ti'];
  const at = units.findLastIndex((_, power) => bytes >= 1024 ** power && bytes % 1024 ** power === 0);
  return at < 0 ? '0' : `${bytes / 1024 ** at}${units[at] ?? ''}`;
}
