import { topics } from '@plumbline/contracts';
import { encodeIncident, FeedbackBook, headers, schemas } from '@plumbline/wire';
import { exampleIncident } from '@plumbline/wire/incident.testing';
import { EmbeddedLog, runStage, systemClock, type RunningStage } from '@plumbline/worker';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { IncidentIndex } from '../incident-index';
import { ConsoleStage } from '../stage';
import { FeedbackDesk } from './desk';

/** A console on the log in a folder, as `standalone` has it. */
async function openConsole(directory: string) {
  const log = await EmbeddedLog.open({
    directory,
    clock: systemClock,
    topics: [topics.incidents, topics.feedback].map(({ name, cleanup }) => ({ name, partitions: 1, cleanup })),
  });
  const [index, book] = [new IncidentIndex(), new FeedbackBook()];
  let unreadable = 0;
  const running: RunningStage = await runStage(new ConsoleStage(log, index, book, () => (unreadable += 1)), log);
  const feedback = new FeedbackDesk({ book, stream: log });
  const close = async () => {
    await running.stop();
    await log.close();
  };
  return { log, index, feedback, close, unreadable: () => unreadable };
}

describe('what is said at a console', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'plumbline-feedback-'));
  });
  afterAll(() => rm(directory, { recursive: true }));

  const incident = exampleIncident();
  const saidAt = ({ feedback }: Awaited<ReturnType<typeof openConsole>>) =>
    feedback.about(incident).map(({ by, answer }) => `${by} ${answer}`);

  it('comes back by the topic before it is answered, and is there after a restart, but for what was taken back', async () => {
    const first = await openConsole(directory);
    const value = encodeIncident(incident);
    const schema = { [headers.schema]: schemas.incident };
    await first.log.produce([{ topic: topics.incidents.name, key: incident.id, value, headers: schema }]);
    await first.feedback.take(incident, { answer: 'wrong', by: 'Ann' });
    await first.feedback.take(incident, { answer: 'right', by: 'Ann' });
    await first.feedback.take(incident, { answer: 'not-an-incident', by: 'Ben' });
    expect(saidAt(first).sort()).toEqual(['Ann right', 'Ben not-an-incident']);
    await first.feedback.take(incident, { answer: 'withdrawn', by: 'Ben' });
    expect(saidAt(first)).toEqual(['Ann right']);
    await first.log.produce([{ topic: topics.feedback.name, key: 'a', value: Buffer.from('{"schema":2}') }]);
    await first.close();

    const second = await openConsole(directory);
    while (second.index.get(incident.id) === undefined) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(saidAt(second)).toEqual(['Ann right']);
    expect(second.feedback.precision).toMatchObject({ answered: 1, right: 1 });
    expect(second.unreadable()).toBeGreaterThan(0);
    await second.close();
  });
});
