import { feedbackVerdicts, type Feedback } from '@plumbline/wire';

/** Answered claims from which on confidences are calibrated. */
export const leastAnswers = 30;
/** What the confidence that was computed counts for in each block: as so many answers that agree with it. */
export const priorAnswers = 10;
/** Claims whose confidence differs by less than a hundredth are one, so that a calibration has a hundred points at most. */
const steps = 100;

/** A claim that people judged: how sure it was, before any calibration, and whether it was right. */
export interface JudgedClaim {
  readonly computed: number;
  readonly right: boolean;
}

/** How confidences of a tenant are said, and how many answered incidents tell so. */
export interface ConfidenceCalibration {
  readonly answers: number;
  readonly calibration: [computed: number, said: number][];
}

/** Neighbouring claims that are right as often as each other, as far as can be told. */
export interface Block {
  /** Mean of what was computed. */
  readonly computed: number;
  /** Share that was right. */
  readonly right: number;
  /** Claims. */
  readonly weight: number;
}

/**
 * The first causes that people have judged, incident by incident: who says that nothing was wrong says of the claim that it was
 * wrong. What is disputed, named no cause, or was ranked by another model tells nothing.
 */
export function judgedClaims(feedback: Iterable<Feedback>, model: string): JudgedClaim[] {
  return feedbackVerdicts(feedback).flatMap(({ verdict, judged }) => {
    const [claim] = judged.shown;
    if (verdict === 'disputed' || claim === undefined || judged.model !== model) return [];
    return [{ computed: claim.computed, right: verdict === 'right' }];
  });
}

/**
 * How sure to be said of how sure is computed, learnt from answers: the share that was right rises with what was computed (isotonic
 * regression), and each block of it is the posterior mean of a beta distribution that begins with what was computed and as much
 * weight as {@link priorAnswers} answers have. So a few answers change little, and a hundred decide. Between the means of blocks it is linear
 * (centered isotonic regression, Oron and Flournoy 2017), so that whoever is likelier stays so; above the last it is flat.
 *
 * @returns `undefined` while there are fewer than {@link leastAnswers}
 */
export function calibrateConfidence(claims: readonly JudgedClaim[]): ConfidenceCalibration | undefined {
  if (claims.length < leastAnswers) return undefined;
  const observed = isotonic(
    claims.map(({ computed, right }) => ({
      computed: Math.round(computed * steps) / steps,
      right: right ? 1 : 0,
      weight: 1,
    })),
  );
  const shrunk = observed.map(({ computed, right, weight }) => ({
    computed,
    right: (right * weight + computed * priorAnswers) / (weight + priorAnswers),
    weight: weight + priorAnswers,
  }));
  // A small block is drawn to what was computed more than a large one, which may turn their order.
  const points = isotonic(shrunk).map(({ computed, right }): [number, number] => [computed, right]);
  const [x = 0, y = 0] = points[points.length - 1] ?? [];
  return { answers: claims.length, calibration: x < 1 ? [...points, [1, y]] : points };
}

/**
 * Weighted least squares under the condition that the share rises, by pooling neighbours that violate it; claims of equal confidence are
 * one.
 */
export function isotonic(claims: readonly Block[]): Block[] {
  const blocks: Block[] = [];
  for (const claim of [...claims].sort((a, b) => a.computed - b.computed)) {
    let block = claim;
    let before = blocks[blocks.length - 1];
    if (before?.computed === block.computed) {
      block = pooled(before, block);
      blocks.pop();
      before = blocks[blocks.length - 1];
    }
    blocks.push(block);
  }
  const rising: Block[] = [];
  for (const each of blocks) {
    let block = each;
    let before = rising[rising.length - 1];
    while (before !== undefined && before.right >= block.right) {
      block = pooled(before, block);
      rising.pop();
      before = rising[rising.length - 1];
    }
    rising.push(block);
  }
  return rising;
}

function pooled(a: Block, b: Block): Block {
  const weight = a.weight + b.weight;
  // Equal ones stay what they are to the last digit: what follows is compared with them.
  const mean = (x: number, y: number): number => (x === y ? x : (x * a.weight + y * b.weight) / weight);
  return { computed: mean(a.computed, b.computed), right: mean(a.right, b.right), weight };
}
