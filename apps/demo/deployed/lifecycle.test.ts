import { once } from 'node:events';
import { Agent, createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { drain, eventually, type Ending } from './lifecycle';

async function ask(server: Server, agent: Agent): Promise<IncomingMessage> {
  const request = get({ agent, port: (server.address() as AddressInfo).port });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.resume();
  await once(response, 'end');
  return response;
}

const never: Ending = { requested: new Promise(() => undefined), isRequested: () => false };

describe('a server that is to end', () => {
  it('answers what was asked before, and sends callers elsewhere meanwhile', async () => {
    let answer = (): void => undefined;
    const server = createServer((request, response) => {
      if (request.url === '/slow') answer = () => response.end('late');
      else response.end('ok');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const agent = new Agent({ keepAlive: true });
    expect((await ask(server, agent)).headers.connection).toBe('keep-alive');

    const slow = get({ port: (server.address() as AddressInfo).port, path: '/slow' });
    await once(server, 'request');
    const drained = drain(server, 200);
    expect((await ask(server, agent)).headers.connection).toBe('close');
    await new Promise<void>((resolve) => {
      const poll = setInterval(() => {
        if (server.listening) return;
        clearInterval(poll);
        resolve();
      }, 5);
    });
    answer();
    const [late] = (await once(slow, 'response')) as [IncomingMessage];
    late.resume();
    expect(late.statusCode).toBe(200);
    await drained;
    agent.destroy();
  });

  it('does not wait for connections on which nothing is asked', async () => {
    const server = createServer((_request, response) => response.end('ok'));
    server.keepAliveTimeout = 120_000;
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const agent = new Agent({ keepAlive: true });
    await ask(server, agent);
    await drain(server, 0);
    expect(server.listening).toBe(false);
    agent.destroy();
  });
});

describe('what is tried in a cluster that starts in any order', () => {
  beforeEach(() => jest.spyOn(console, 'error').mockImplementation(() => undefined));
  afterEach(() => jest.restoreAllMocks());

  it('is tried until it succeeds, and told of once', async () => {
    let attempts = 0;
    const done = await eventually(
      'the database',
      async () => {
        attempts += 1;
        if (attempts < 3) throw new Error('refused');
      },
      never,
    );
    expect([done, attempts]).toEqual([true, 3]);
    expect(jest.mocked(console.error).mock.calls).toEqual([['waiting for the database:', 'refused']]);
  });

  it('is given up when the end is asked for', async () => {
    let asked = false;
    const ending: Ending = { requested: Promise.resolve(), isRequested: () => asked };
    const attempt = async (): Promise<void> => {
      asked = true;
      throw new Error('refused');
    };
    expect(await eventually('the database', attempt, ending)).toBe(false);
  });
});
