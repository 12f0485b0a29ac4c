import { serve } from '@hono/node-server';
import { consoleApp, FeedbackDesk, IncidentIndex } from '@plumbline/console';
import { FeedbackBook } from '@plumbline/wire';
import { exampleIncident } from '@plumbline/wire/incident.testing';
import { StreamError, type OutgoingRecord } from '@plumbline/worker';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify, stripVTControlCharacters } from 'node:util';
import { exitCodeOf } from '../errors';
import { createProgram } from '../program';
import { feedbackList, sayOfIncident, type SaidOfIncident } from './console-client';
import { formatFeedback, formatStored } from './report';

const id = '7f3a00112233';

describe('plumbline feedback', () => {
  const book = new FeedbackBook();
  let answersOfBroker: () => Promise<void> = () => Promise.resolve();
  let server: ReturnType<typeof serve>;
  let url: string;

  beforeAll(async () => {
    const index = new IncidentIndex();
    index.put(exampleIncident());
    const produce = async (records: readonly OutgoingRecord[]) => {
      await answersOfBroker();
      for (const { key, value } of records) book.add({ key: Buffer.from(key ?? ''), value });
    };
    const app = consoleApp({ index, feedback: new FeedbackDesk({ book, stream: { produce } }) });
    server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port: 0 });
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => server.close());
  beforeEach(() => {
    book.clear();
    answersOfBroker = () => Promise.resolve();
  });

  /** What a call of the command comes to: what it prints, or why it ends, and the exit code. */
  async function outcome(call: Promise<string>): Promise<{ readonly out: string; readonly code: number }> {
    try {
      return { out: stripVTControlCharacters(await call), code: 0 };
    } catch (error) {
      return { out: error instanceof Error ? error.message : '', code: exitCodeOf(error) };
    }
  }
  const say = (incident: string, said: SaidOfIncident, at = url) =>
    outcome(sayOfIncident(at, incident, said).then((stored) => (stored === undefined ? '' : formatStored(stored))));
  const list = (at = url) => outcome(feedbackList(at).then(formatFeedback));

  it('stores what is said, and says of what', async () => {
    expect(await say(id, { answer: 'wrong', service: 'checkout', note: 'pool', by: 'Ann' })).toEqual({
      out: `Stored: wrong, it was checkout; of incident ${id}, revision 1, which named payment.`,
      code: 0,
    });
    expect(book.about('default', id)).toMatchObject([{ answer: 'wrong', note: 'pool', by: 'Ann' }]);
    expect(await say(id, { answer: 'withdrawn', by: 'Ann' }, `${url}/`)).toEqual({ out: '', code: 0 });
    expect(book.about('default', id)).toEqual([]);
  });

  it('lists what was said', async () => {
    await say(id, { answer: 'right', note: 'two\nlines', by: 'Ann' });
    const { out } = await list();
    expect(out).toMatch(/^Of 1 answered incident 1 named the right cause: 100 % \(95 % interval 21 to 100 %\)\.\n\n/);
    expect(out).toMatch(/Z {2}7f3a00112233 {2}payment {2}right {2}Ann\n {4}two\n {4}lines$/);
  });

  it('is a command, for people and for programs, whose options stand wherever they do', async () => {
    const command = async (...args: readonly string[]) => {
      const file = join(__dirname, '..', 'bin', 'plumbline.mjs');
      return (await promisify(execFile)(process.execPath, [file, 'feedback', ...args])).stdout;
    };
    const stored: unknown = JSON.parse(await command(id, 'wrong', '--service', 'cart', '--json', '--url', url));
    expect(stored).toMatchObject({ stored: { answer: 'wrong', revision: 1 } });
    const listed: unknown = JSON.parse(await command('list', '--json', '--url', url));
    expect(listed).toMatchObject({
      precision: { answered: 1, right: 0 },
      answers: [{ incident: id, answer: 'wrong' }],
    });
    await expect(command(id, 'right', '--service', 'cart', '--url', url)).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('plumbline: the console answered 422: A service is named only') as string,
    });
  });

  it.each([
    ['an id that cannot be', ['7f3a', 'right'], 'twelve digits'],
    ['an answer that there is not', [id, 'perhaps'], 'Allowed choices are right, wrong'],
    ['no answer', [id], "missing required argument 'answer'"],
    ['a URL of something else', [id, 'right', '--url', 'ftp://a'], 'http or https'],
  ])('refuses %s', async (_, args, message) => {
    const quiet = jest.spyOn(process.stderr, 'write').mockImplementation(() => true);
    const parsed = createProgram().parseAsync(['feedback', ...args], { from: 'user' });
    const { out, code } = await outcome(parsed.then(() => ''));
    quiet.mockRestore();
    expect(out).toContain(message);
    expect(code).toBe(2);
  });

  it('says what would do when the console cannot take it, and leaves with 2', async () => {
    expect(await say('ffffffffffff', { answer: 'right' })).toMatchObject({
      out: expect.stringContaining('no incident ffffffffffff') as string,
      code: 2,
    });
    expect(await say(id, { answer: 'right', service: 'cart' })).toMatchObject({
      out: expect.stringContaining('only with “wrong”') as string,
      code: 2,
    });
  });

  it('leaves with 1 when it could not be stored, or nobody answers who could', async () => {
    answersOfBroker = () => Promise.reject(new StreamError('PLUMBLINE_STREAM_REFUSED', 'not authorized'));
    expect(await say(id, { answer: 'right' })).toMatchObject({
      out: expect.stringContaining('the console answered 503: The broker does not let the console write') as string,
      code: 1,
    });
    const nobody = await say(id, { answer: 'right' }, 'http://127.0.0.1:1');
    expect(nobody.code).toBe(1);
    expect(nobody.out).toContain('say where it is by --url');
  });

  it('believes nothing that is no console', async () => {
    const other: Server = createServer((_, response) => response.end('{"precision":{},"answers":["\u001b[2J"]}'));
    other.listen(0, '127.0.0.1');
    await once(other, 'listening');
    const address = `http://127.0.0.1:${(other.address() as AddressInfo).port}`;
    for (const { out, code } of [await list(address), await say(id, { answer: 'right' }, address)]) {
      expect(code).toBe(1);
      expect(out).toMatch(/is no console that takes feedback \(200\)$/);
    }
    other.close();
  });
});
