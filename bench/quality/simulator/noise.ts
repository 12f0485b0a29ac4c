import { mix, normal, unit } from './random';
import type { System } from './system';

const stepUs = 5_000_000;
/** Correlation from one step to the next: a pod that is slow stays so for some 15 s. */
const memory = 0.7;
const terms = 12;
const gains = Float64Array.from({ length: terms }, (_, lag) => Math.sqrt(1 - memory ** 2) * memory ** lag);
const hourUs = 3_600_000_000;
const podKey = 0x1000;
const nodeKey = 0x2000;
const pauseKey = 0x3000;
const burstKey = 0x4000;

/**
 * What slows pods from outside: noise of the pod and of its node (first-order autoregressive), bursts that the pods of a node
 * share, pauses of garbage collection. A function of seed and time alone, so it is the same with and without faults.
 */
export class Noise {
  private readonly factors: Float64Array;
  private readonly steps: Float64Array;

  constructor(
    private readonly system: System,
    private readonly seed: number,
    private readonly pods: readonly { readonly service: number; readonly node: number }[],
  ) {
    this.factors = new Float64Array(pods.length);
    this.steps = new Float64Array(pods.length).fill(-1);
  }

  /** How many times longer work takes at a pod that begins at a time. */
  factor(pod: number, timeUs: number): number {
    const step = Math.floor(timeUs / stepUs);
    if (this.steps[pod] !== step) {
      const { podNoise, nodeNoise, burstsPerHour } = this.system.profile;
      const node = this.pods[pod]?.node ?? 0;
      const noise = podNoise * this.wave(podKey + pod, step) + nodeNoise * this.wave(nodeKey + node, step);
      this.factors[pod] = Math.exp(noise) * (burstsPerHour > 0 ? this.burst(node, timeUs, burstsPerHour) : 1);
      this.steps[pod] = step;
    }
    return this.factors[pod] ?? 1;
  }

  /** When work of some length ends, pauses included. */
  end(pod: number, startUs: number, workUs: number): number {
    const everyMs = this.system.services[this.pods[pod]?.service ?? 0]?.pauseEveryMs ?? 0;
    if (everyMs === 0) return startUs + workUs;
    const everyUs = everyMs * 1000;
    let endUs = startUs + workUs;
    for (let turn = Math.floor(startUs / everyUs); turn * everyUs < endUs; turn += 1) {
      const key = mix(mix(this.seed, pauseKey + pod), turn);
      const lengthUs = this.system.profile.longestPauseMs * 1000 * unit(key, 1) ** 3;
      const pauseUs = turn * everyUs + unit(key, 2) * (everyUs - lengthUs);
      if (pauseUs < endUs && pauseUs + lengthUs > startUs) endUs += pauseUs + lengthUs - Math.max(startUs, pauseUs);
    }
    return endUs;
  }

  /** Standard normal at each step, correlated with the steps before. */
  private wave(key: number, step: number): number {
    const own = mix(this.seed, key);
    let sum = 0;
    for (let lag = 0; lag < terms; lag += 1) sum += (gains[lag] ?? 0) * normal(own, step - lag);
    return sum;
  }

  private burst(node: number, timeUs: number, perHour: number): number {
    const everyUs = hourUs / perHour;
    const turn = Math.floor(timeUs / everyUs);
    const key = mix(mix(this.seed, burstKey + node), turn);
    const lengthUs = 3_000_000 + 12_000_000 * unit(key, 1);
    const startUs = turn * everyUs + unit(key, 2) * (everyUs - lengthUs);
    return timeUs >= startUs && timeUs < startUs + lengthUs ? 1.5 + 2 * unit(key, 3) : 1;
  }
}
