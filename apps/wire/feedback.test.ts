import {
  decodeFeedback,
  encodeFeedback,
  feedbackKey,
  feedbackLimits,
  feedbackLine,
  feedbackNote,
  feedbackSchema,
} from './feedback';
import { FeedbackBook } from './feedback-book';
import { exampleFeedback, exampleService, feedbackRecord } from './feedback.testing';

describe('an answer', () => {
  it('is read as it was written', () => {
    const answer = exampleFeedback({
      answer: 'wrong',
      by: 'Zoë',
      service: exampleService('cart'),
      note: 'two\nlines <b>',
    });
    expect(decodeFeedback(encodeFeedback(answer))).toEqual(answer);
  });

  it.each([
    ['a name that moves the cursor', { by: 'Ann\u001b[2J' }],
    ['a name that turns what follows', { by: '\u202egnp.exe' }],
    ['a name that is half a character', { by: 'Ann\ud83d' }],
    ['a name that is too long', { by: 'a'.repeat(feedbackLimits.by + 1) }],
    ['a note that is too long', { note: 'a'.repeat(feedbackLimits.note + 1) }],
    ['a note with a bell', { note: 'ding\u0007' }],
    ['a service of two lines', { answer: 'wrong' as const, service: 'a\nb' }],
    ['a confidence that is none', { shown: [{ service: 'a', confidence: 1.1, computed: 1 }] }],
    ['an id of something else', { incident: '../../etc' }],
  ])('is refused with %s', (_, changes) => {
    expect(feedbackSchema.safeParse(exampleFeedback(changes)).success).toBe(false);
  });

  it('is made of what people typed by leaving out what no text may have', () => {
    const typed = ' Ann\u001b[31m \n\u202eof\toperations 😀';
    expect(feedbackLine(typed, 64)).toBe('Ann[31m of operations 😀');
    // Cut within the last character.
    expect(feedbackLine(typed, 23)).toBe('Ann[31m of operations ');
    expect(feedbackNote('first\r\nsecond\u0000\u2028third\n\n')).toBe('first\nsecond\nthird');
    const long = feedbackNote('😀\n'.repeat(900));
    expect(feedbackSchema.safeParse(exampleFeedback({ note: long, by: feedbackLine(typed, 23) })).success).toBe(true);
  });

  it('has a key of its own for each person, whatever they call themselves', () => {
    const keys = ['', 'a', 'a/b', 'a%2Fb'].map((by) => feedbackKey(exampleFeedback({ by })));
    expect(new Set(keys).size).toBe(4);
    expect(feedbackKey(exampleFeedback({ tenant: 'a/b', by: '' }))).not.toBe(
      feedbackKey({ tenant: 'a', incident: 'b/7f3a00112233', by: '' }),
    );
  });
});

describe('what everybody says', () => {
  const book = new FeedbackBook(3);
  const say = (by: string, saidAtMs: number, incident = '7f3a00112233') => {
    book.add(feedbackRecord(exampleFeedback({ by, saidAtMs, incident })));
  };
  const names = () => book.about('default', '7f3a00112233').map(({ by, saidAtMs }) => `${by} ${saidAtMs}`);

  beforeEach(() => {
    book.clear();
  });

  it('is the newest record of each person, though the clock of the console before was ahead', () => {
    say('Ann', 9);
    say('Ben', 2);
    say('Ann', 1);
    expect(names()).toEqual(['Ben 2', 'Ann 1']);
  });

  it('is taken back by a record without a value', () => {
    say('Ann', 1);
    book.add({ key: Buffer.from(feedbackKey(exampleFeedback({ by: 'Ann' }))), value: null });
    expect(names()).toEqual([]);
    expect([...book.all()]).toEqual([]);
  });

  it('forgets what is oldest when there is too much', () => {
    for (const [i, by] of ['Ann', 'Ben', 'Cem', 'Dan'].entries()) say(by, i);
    expect(names()).toEqual(['Dan 3', 'Cem 2', 'Ben 1']);
  });

  it('takes nothing from a record whose key is not that of the answer: nobody could take it back', () => {
    const { value } = feedbackRecord(exampleFeedback({ by: 'Ann' }));
    expect(() => {
      book.add({ key: Buffer.from(feedbackKey(exampleFeedback({ by: 'Ben' }))), value });
    }).toThrow('has the key of another');
    expect(() => {
      book.add({ key: Buffer.from('a'), value: Buffer.from('{') });
    }).toThrow(SyntaxError);
    expect([...book.all()]).toEqual([]);
  });
});
