import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { seededRandom } from './random';
import { dataFolder, hasData } from './streams';
import { discrimination, type ScoredTrace } from './trace-scores';

function scored(positives: readonly number[], negatives: readonly number[]): ScoredTrace[] {
  return [
    ...positives.map((score) => ({ faulty: true, score })),
    ...negatives.map((score) => ({ faulty: false, score })),
  ];
}

describe('how well scores tell faulty traces from others', () => {
  it('is perfect where every faulty trace scores higher', () => {
    expect(discrimination(scored([5, 6], [1, 2, 3]))).toEqual({ positives: 2, negatives: 3, auc: 1, recall: 1 });
  });

  it('counts pairs in the right order, and equal ones half', () => {
    // 3 beats 1 and 2 and ties with 3; 1 ties with 1: (2 + .5 + .5) of 6.
    expect(discrimination(scored([3, 1], [1, 2, 3])).auc).toBeCloseTo(3 / 6, 12);
  });

  it('takes recall where one negative in a hundred is above, and gives nothing for a score that all share', () => {
    const negatives = Array.from({ length: 100 }, (_, index) => index);
    expect(discrimination(scored([98.5, 97.5], negatives)).recall).toBe(0.5);
    expect(
      discrimination(
        scored(
          [7, 7],
          negatives.map(() => 7),
        ),
      ).recall,
    ).toBe(0);
  });

  /** What score.py, beside the recordings, says of the traces below. */
  const saidByScript = { auc: '0.872', recall: '0.485' };

  it('says the same as score.py', () => {
    const random = seededRandom(3);
    const traces = Array.from({ length: 500 }, (_, index) => {
      const faulty = index % 3 === 0;
      return { faulty, score: Math.round((random() + (faulty ? 0.5 : 0)) * 40) };
    });
    const { auc, recall } = discrimination(traces);
    expect({ auc: auc.toFixed(3), recall: recall.toFixed(3) }).toEqual(saidByScript);
    // Where the script is, it has to say so still.
    if (hasData()) expect(scriptSays(traces)).toEqual(saidByScript);
  });

  function scriptSays(traces: readonly ScoredTrace[]) {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-scores-'));
    try {
      const labels = traces.map(
        ({ faulty }, index) => `case,m2,t${index},${faulty ? 'fault' : 'pre'},1,${faulty ? 1 : 0}`,
      );
      writeFileSync(
        join(folder, 'labels.csv'),
        ['case_id,window,trace_id,phase,touches_root_cause,label', ...labels].join('\n'),
      );
      writeFileSync(
        join(folder, 'scores.csv'),
        ['trace_id,score', ...traces.map(({ score }, index) => `t${index},${score}`)].join('\n'),
      );
      const files = ['--labels', join(folder, 'labels.csv'), '--pred', join(folder, 'scores.csv')];
      const { stdout } = spawnSync('python3', [join(dataFolder, 'score.py'), 'detect', ...files], { encoding: 'utf8' });
      return {
        auc: /AUC \(ROC\)\s+(\S+)/.exec(stdout)?.[1],
        recall: /recall at FPR <= 1 %\s+(\S+)/.exec(stdout)?.[1],
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }
});
