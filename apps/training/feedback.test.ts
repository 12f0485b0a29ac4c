import { topics } from '@plumbline/contracts';
import { defaultModel, modelOf } from '@plumbline/root-cause';
import { decodeBundle, encodeBundle, feedbackKey, type Bundle, type Feedback } from '@plumbline/wire';
import { MemoryObjectStore } from '@plumbline/worker';
import { exampleFeedback, feedbackRecord } from '../wire/feedback.testing';
import { Learner } from './learner';
import { Training } from './stage';
import { incident, laptop, looked, progressRecord, recordsOf, shopMessages, start, windowMs } from './testing';

const id = '0123456789ab';
const answer = (changes: Partial<Feedback>) => feedbackRecord(exampleFeedback({ incident: id, ...changes }));

/** The newest bundle of a learner that saw thirty windows, an incident in the sixth to the twelfth, and what was said of it. */
function learn(records: readonly ReturnType<typeof answer>[], after = 0): Bundle | undefined {
  const learner = new Learner({ ...laptop, intervalMs: windowMs }, 1);
  learner.observe(incident(start + 6 * windowMs, start + 12 * windowMs));
  const messages = shopMessages(30);
  for (const [i, message] of messages.entries()) {
    if (i === after) for (const record of records) learner.observeFeedback(record);
    learner.add(message);
    learner.observeProgress(looked(message.watermarkMs));
  }
  return learner.newest;
}
const learntWith = (...records: readonly ReturnType<typeof answer>[]) => learn(records)?.learnt.windows;

describe('an incident that people say was none', () => {
  const early = start + 6 * windowMs;
  const whole = learntWith(answer({ answer: 'not-an-incident', saidAtMs: early }));
  const withheld = learntWith();

  it('withholds nothing: what was seen then is learnt', () => {
    expect(withheld).toBe((whole ?? 0) - 7);
    expect(learntWith(answer({ answer: 'wrong', saidAtMs: early }))).toBe(withheld);
  });

  it('withholds as before while people disagree, and when it is taken back', () => {
    const none = answer({ answer: 'not-an-incident', saidAtMs: early, by: 'Ann' });
    expect(learntWith(none, answer({ answer: 'right', saidAtMs: early, by: 'Ben' }))).toBe(withheld);
    const key = Buffer.from(feedbackKey(exampleFeedback({ incident: id, by: 'Ann' })));
    const learner = new Learner(laptop, 1);
    learner.observeFeedback(none);
    learner.observeFeedback({ key, value: null });
    expect(learntWith(none, { ...none, value: answer({ answer: 'wrong', saidAtMs: early, by: 'Ann' }).value })).toBe(
      withheld,
    );
  });

  it('counts from when it was said on, whenever that is read', () => {
    // Windows are learnt four windows after their end: of the seven withheld, those that end after it was said less that.
    const said = (saidAtMs: number) => [answer({ answer: 'not-an-incident', saidAtMs })];
    const late = start + 14 * windowMs;
    const atOnce = learn(said(late))?.learnt.windows;
    expect(atOnce).toBe((withheld ?? 0) + 3);
    expect(learn(said(late), 14)?.learnt.windows).toBe(atOnce);
    expect(learn(said(start + 1000 * windowMs))?.learnt.windows).toBe(withheld);
  });
});

describe('the bundle', () => {
  const answers = Array.from({ length: 40 }, (_, i) =>
    answer({ incident: i.toString(16).padStart(12, '0'), answer: i < 20 ? 'right' : 'wrong', saidAtMs: start }),
  );

  it('carries the calibration of each tenant whose people answered enough, and the weights of the model as they are', () => {
    const bundle = learn(answers);
    const { tenants, ...model } = bundle?.ranking ?? {};
    expect(model).toEqual(defaultModel);
    expect(Object.keys(tenants ?? {})).toEqual(['default']);
    expect(tenants?.default?.answers).toBe(40);
    expect(tenants?.default?.calibration[0]?.[1]).toBeCloseTo((20 + 10 * 0.91) / 50, 9);
    if (bundle === undefined) throw new Error('no bundle');
    expect(decodeBundle(encodeBundle(bundle)).ranking).toEqual(bundle.ranking);
  });

  it('is what it was where nobody answered, or too few, or later', () => {
    const without = learn([])?.ranking;
    expect(without).toEqual(defaultModel);
    expect(learn(answers.slice(0, 29))?.ranking).toEqual(without);
    const later = answers.map((_, i) => answer({ incident: i.toString(16).padStart(12, '0'), saidAtMs: start + 1e9 }));
    expect(learn(later)?.ranking).toEqual(without);
  });

  it('leaves other tenants alone, whatever they are called', () => {
    const ranking = learn(answers)?.ranking ?? defaultModel;
    expect(modelOf(ranking, 'default')).toMatchObject({ answers: 40 });
    for (const tenant of ['other', 'constructor', '__proto__']) expect(modelOf(ranking, tenant)).toEqual(defaultModel);
  });
});

describe('the learner’s stage', () => {
  it('reads back what was said before a restart, and passes over what is no answer', async () => {
    const answers = Array.from({ length: 30 }, (_, i) => ({
      ...answer({ incident: i.toString(16).padStart(12, '0'), answer: 'wrong', saidAtMs: start }),
      offset: i,
      timestampMs: start,
      headers: {},
    }));
    const garbage = { offset: 30, timestampMs: start, headers: {}, key: Buffer.from('a'), value: Buffer.from('{"') };
    const published: Bundle[] = [];
    const stage = new Training({
      config: laptop,
      models: new MemoryObjectStore('ml-models'),
      stream: {
        partitions: async () => 1,
        readAll: async (topic, onRecord) => {
          const kept = topic === topics.feedback.name ? [...answers, garbage] : [];
          for (const record of topic === topics.analysisProgress.name ? [progressRecord(looked(start + 1e9))] : kept)
            onRecord(record, 0);
        },
      },
      onPublished: (_, bundle) => published.push(bundle),
    });
    await stage.reset();
    const batch = {
      topic: topics.windowStats.name,
      partition: 0,
      records: recordsOf(shopMessages(8)),
      highWatermark: 0,
    };
    for (const effect of (await stage.process(batch)).effects) await effect.run();
    expect(published.at(-1)?.ranking?.tenants?.default?.answers).toBe(30);
    expect(stage.model()).toMatchObject({ calibrated: { default: { answers: 30 } } });
    const more = {
      topic: topics.feedback.name,
      partition: 0,
      records: [{ ...garbage, offset: 40 }],
      highWatermark: 41,
    };
    await stage.process(more);
    expect(stage.committable({ topic: topics.feedback.name, partition: 0 })).toBe(41);
  });
});
