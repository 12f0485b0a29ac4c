import { once } from 'node:events';
import { connect } from 'node:net';
import { PortForwards, type Forward } from './port-forwards';

const connectTo = (port: number) => connect({ host: '127.0.0.1', port });

describe('forwarded ports', () => {
  const closed: string[] = [];
  const echo: Forward = (namespace, pod, port, socket) => {
    socket.write(`${namespace}/${pod}:${port} `);
    socket.on('data', (bytes) => socket.write(bytes));
    return Promise.resolve({ close: () => closed.push(pod), on: () => undefined });
  };
  beforeEach(() => closed.splice(0));

  it('join a connection to the pod, one each, and end with close', async () => {
    const forwards = new PortForwards(echo);
    const port = await forwards.open('tempo', 'tempo-0', 3200);
    expect(await forwards.open('tempo', 'tempo-0', 3200)).toBe(port);
    const socket = connectTo(port);
    socket.write('hello');
    let text = '';
    for await (const chunk of socket) {
      text += String(chunk);
      if (text.includes('hello')) break;
    }
    expect(text).toBe('tempo/tempo-0:3200 hello');
    const left = connectTo(port).resume();
    await once(left, 'data');
    await Promise.all([once(left, 'close'), forwards.close()]);
    expect(closed).toEqual(['tempo-0', 'tempo-0']);
    const [error] = (await once(connectTo(port), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ECONNREFUSED');
  });

  it.each<{ what: string; forward: Forward }>([
    { what: 'the API server refuses', forward: () => Promise.reject(new Error('403')) },
    {
      what: 'the pod has nothing on that port',
      forward: (_namespace, _pod, _port, _socket, errors) => {
        errors.write(Buffer.alloc(0));
        errors.write('connection refused');
        return Promise.resolve({ close: () => undefined, on: () => undefined });
      },
    },
    {
      what: 'the connection to the pod ends',
      forward: () =>
        Promise.resolve({
          close: () => undefined,
          on: (_event: string, listener: () => void) => setImmediate(listener),
        }),
    },
  ])('end a connection when $what', async ({ forward }) => {
    const forwards = new PortForwards(forward);
    const socket = connectTo(await forwards.open('tempo', 'tempo-0', 3200)).resume();
    await once(socket, 'close');
    await forwards.close();
  });
});
