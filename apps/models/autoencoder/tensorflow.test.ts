import { tensorFlow } from './tensorflow';

describe('TensorFlow.js', () => {
  it('says how to get the native backend where it is not installed', async () => {
    await expect(tensorFlow('tfjs-node')).rejects.toMatchObject({
      code: 'PLUMBLINE_AUTOENCODER_BACKEND',
      message: expect.stringContaining('npm run tools -- --only tfjs-node') as string,
    });
  });

  it('leaves alone what the process does with errors that nobody caught', async () => {
    const listeners = () => ['uncaughtException', 'unhandledRejection'].map((event) => process.listenerCount(event));
    const before = listeners();
    const { core } = await tensorFlow();
    expect(core.getBackend()).toBe('wasm');
    expect(listeners()).toEqual(before);
  });

  it('is started once', async () => {
    expect(await tensorFlow()).toBe(await tensorFlow('wasm'));
  });

  it('computes with one backend a process', async () => {
    await tensorFlow();
    await expect(tensorFlow('tfjs-node')).rejects.toMatchObject({
      code: 'PLUMBLINE_AUTOENCODER_BACKEND',
      message: 'tfjs-node is asked for, and this process computes with wasm already',
    });
  });
});
