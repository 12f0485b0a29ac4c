import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as core from '@tensorflow/tfjs-core';
import type * as layers from '@tensorflow/tfjs-layers';
import { AutoencoderError } from './errors';

/** Where TensorFlow.js computes: `wasm` comes with the package; `tfjs-node` is native, large, and to be installed beside it. */
export type Backend = 'wasm' | 'tfjs-node';

/** TensorFlow.js, ready: what is called afterwards is synchronous. */
export interface TensorFlow {
  readonly backend: Backend;
  readonly core: typeof core;
  readonly layers: typeof layers;
}

/** Node.js has SIMD always and shares no memory between the threads of this backend, so of its three files it takes this one. */
const wasmFile = 'tfjs-backend-wasm-simd.wasm';
let started: { readonly backend: Backend; readonly ready: Promise<TensorFlow> } | undefined;

/**
 * Starts a backend, once a process: TensorFlow.js keeps its tensors in one place for all copies of it that a process loads, so
 * that a second backend would take over from the first.
 *
 * @throws {AutoencoderError} `PLUMBLINE_AUTOENCODER_BACKEND` where it cannot be had, or another one is at work
 */
export async function tensorFlow(backend: Backend = 'wasm'): Promise<TensorFlow> {
  started ??= { backend, ready: backend === 'wasm' ? startWasm() : startNative() };
  const { ready } = started;
  if (started.backend !== backend) {
    throw new AutoencoderError(
      'PLUMBLINE_AUTOENCODER_BACKEND',
      `${backend} is asked for, and this process computes with ${started.backend} already`,
    );
  }
  try {
    return await ready;
  } catch (error) {
    started = undefined;
    throw error;
  }
}

/** Imported when it is first asked for: commands that score nothing shall not wait for it to be parsed. */
async function startWasm(): Promise<TensorFlow> {
  const [core, layers, { setWasmPaths }] = await Promise.all([
    import('@tensorflow/tfjs-core'),
    import('@tensorflow/tfjs-layers'),
    import('@tensorflow/tfjs-backend-wasm'),
  ]);
  setWasmPaths(`${wasmFolder()}/`);
  const restoreListeners = keepListeners();
  // False where the file is not there or not WebAssembly; why is on the console only.
  const succeeded = await core.setBackend('wasm');
  restoreListeners();
  if (!succeeded) {
    throw new AutoencoderError(
      'PLUMBLINE_AUTOENCODER_BACKEND',
      `the WASM backend of TensorFlow.js cannot be started from ${wasmFolder()}`,
    );
  }
  return { backend: 'wasm', core, layers };
}

/**
 * Emscripten's start-up code adds listeners that throw what nobody caught, at once and past those of the process, which then
 * ends without draining.
 */
function keepListeners(): () => void {
  const events = ['uncaughtException', 'unhandledRejection'] as const;
  const before = events.map((event) => process.rawListeners(event));
  return () =>
    events.forEach((event, index) => {
      for (const listener of process.rawListeners(event)) {
        if (before[index]?.includes(listener) === false) process.off(event, listener as () => void);
      }
    });
}

/** The bundler lays the file beside the bundle; from sources it is where npm put it. */
function wasmFolder(): string {
  return existsSync(join(__dirname, wasmFile))
    ? __dirname
    : dirname(require.resolve('@tensorflow/tfjs-backend-wasm/dist/tfjs-backend-wasm-simd.wasm'));
}

async function startNative(): Promise<TensorFlow> {
  // In a variable, so that neither compiler nor bundler looks for it.
  const name = '@tensorflow/tfjs-node';
  let native: typeof core & typeof layers;
  try {
    native = createRequire(__filename)(name) as typeof native;
  } catch (cause) {
    throw new AutoencoderError(
      'PLUMBLINE_AUTOENCODER_BACKEND',
      `${name} is asked for and cannot be loaded: install ${name}@4.22.0 beside plumbline, on Node.js 20 or 22, ` +
        'or build it with `npm run tools -- --only tfjs-node` and set NODE_PATH to its node_modules; or train with wasm',
      { cause },
    );
  }
  await native.ready();
  return { backend: 'tfjs-node', core: native, layers: native };
}
