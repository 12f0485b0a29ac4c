import { once } from 'node:events';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { boundedBody } from './bounded-body';

describe('The body of an answer', () => {
  const server = createServer((_, response) => {
    response.write('a'.repeat(1_000));
    response.end('é');
  });
  beforeAll(async () => {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  afterAll(() => server.close());

  async function answer(): Promise<IncomingMessage> {
    const request = get({ port: (server.address() as AddressInfo).port, host: '127.0.0.1' });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    return response;
  }

  it('is read whole, up to the last byte that it may have', async () => {
    expect((await boundedBody(await answer(), 1_002)).toString('utf8')).toBe(`${'a'.repeat(1_000)}é`);
  });

  it('is not read on when it is longer', async () => {
    const response = await answer();
    await expect(boundedBody(response, 1_001)).rejects.toThrow('the answer is longer than 1001 bytes');
    expect(response.destroyed).toBe(true);
  });
});
