import { RecordingError } from '../replay/recording';
import { scoreRecording, type TraceScoreLine } from './score-recording';
import { Recordings, shopTrace, shopTraces } from './testing';

const recordings = new Recordings();
afterAll(() => {
  recordings.remove();
});

async function score(normal: string, path: string): Promise<TraceScoreLine[]> {
  const lines: TraceScoreLine[] = [];
  for await (const line of scoreRecording(normal, path)) lines.push(line);
  return lines;
}

describe('scoring traces', () => {
  const normal = recordings.write(shopTraces(300, 1));

  it('gives a normal trace no more than its share of a score', async () => {
    const lines = await score(normal, recordings.write(shopTraces(1000, 2)));
    expect(lines).toHaveLength(1000);
    for (const rate of [0.3, 0.1, 0.03]) {
      const share = lines.filter(({ falseAlarmRate }) => falseAlarmRate <= rate).length / lines.length;
      expect(share).toBeGreaterThan(rate / 2.5);
      expect(share).toBeLessThan(rate * 2);
    }
    for (const { score: value, falseAlarmRate } of lines) expect(10 ** -value).toBeCloseTo(falseAlarmRate, 9);
  });

  it('puts slow traces before others, and the slower before the slow', async () => {
    const traces = [shopTrace(0, 3), shopTrace(1, 3, { payment: 5 }), shopTrace(2, 3, { payment: 12 })];
    const [usual, slow, slower] = await score(normal, recordings.write(traces));
    expect(usual).toMatchObject({ service: 'web', operation: 'GET /buy', abstained: false });
    expect(slow?.score).toBeGreaterThan(2);
    expect(slower?.score).toBeGreaterThan(slow?.score ?? Infinity);
    expect(usual?.score).toBeLessThan(2);
    expect(slower?.traceId).toMatch(/^[0-9a-f]{32}$/);
  });

  it('abstains from what the normal recording does not have', async () => {
    const other = recordings.write([[{ trace: 'f', id: '1', service: 'other', name: 'x' }]]);
    expect(await score(normal, other)).toMatchObject([{ abstained: true, score: 0, falseAlarmRate: 1 }]);
  });

  it('says when there is too little to calibrate by', async () => {
    const little = recordings.write(shopTraces(20, 4));
    await expect(score(little, normal)).rejects.toThrow(RecordingError);
    await expect(score(little, normal)).rejects.toThrow(
      /too little to calibrate by: \d+ normal traces .* 50 are needed/,
    );
  });
});
