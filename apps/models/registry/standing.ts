import type { Approval, Decision, Role } from './decision';

/** Activations that are kept of a role: as many as a replay may reach back. */
const maxActivations = 16;

/** From an event time on, a version has a role, or none has. */
export interface RoleActivation {
  readonly effectiveFromMs: number;
  readonly version?: string;
  /** Of traces, for a challenger. */
  readonly share?: number;
}

/** What follows from all decisions. */
export interface Standing {
  /** By rising effective time; the last one is who was named last. */
  readonly timeline: Readonly<Record<Role, readonly RoleActivation[]>>;
  /** The last approval of each version. */
  readonly approvals: ReadonlyMap<string, Approval>;
  /** Versions that were rolled back and not approved again since, by the decision that did so. */
  readonly rolledBack: ReadonlyMap<string, Decision>;
  /** Champions under the one that is named, the one before last. */
  readonly before: readonly string[];
}

/**
 * Folds decisions in their order. A later decision holds from its effective time on, whatever an earlier one had planned for after it.
 * Pure, so that all who have read the same decisions serve the same.
 *
 * @param serves whether a version may be served at all; approvals of others are passed over
 */
export function standingOf(decisions: readonly Decision[], serves: (version: string) => boolean): Standing {
  const timeline: Record<Role, readonly RoleActivation[]> = { champion: [], challenger: [] };
  const approvals = new Map<string, Approval>();
  const rolledBack = new Map<string, Decision>();
  const line: string[] = [];
  const activate = (role: Role, next: RoleActivation) => {
    const earlier = timeline[role].filter(({ effectiveFromMs }) => effectiveFromMs < next.effectiveFromMs);
    timeline[role] = [...earlier, next].slice(-maxActivations);
  };
  const endChallenge = (effectiveFromMs: number, version: string) => {
    if (named(timeline.challenger)?.version === version) activate('challenger', { effectiveFromMs });
  };
  for (const decision of decisions) {
    const { effectiveFromMs } = decision;
    if (decision.kind === 'withdraw') {
      endChallenge(effectiveFromMs, decision.version);
    } else if (decision.kind === 'roll-back') {
      rolledBack.set(decision.from, decision);
      if (line.at(-1) === decision.from) line.pop();
      activate('champion', activation(effectiveFromMs, line.at(-1)));
    } else if (serves(decision.version)) {
      const { version, as, share } = decision;
      approvals.set(version, decision);
      rolledBack.delete(version);
      if (as === 'challenger') {
        activate(as, { ...activation(effectiveFromMs, version), ...(share !== undefined && { share }) });
      } else {
        line.push(version);
        activate(as, activation(effectiveFromMs, version));
        endChallenge(effectiveFromMs, version);
      }
    }
  }
  return { timeline, approvals, rolledBack, before: line.slice(0, -1) };
}

/** What holds last. */
export function named<T>(activations: readonly T[]): T | undefined {
  return activations[activations.length - 1];
}

function activation(effectiveFromMs: number, version: string | undefined): RoleActivation {
  return { effectiveFromMs, ...(version !== undefined && { version }) };
}
