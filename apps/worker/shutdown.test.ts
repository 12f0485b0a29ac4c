import { EventEmitter } from 'node:events';
import pino from 'pino';
import { listenForShutdown, type ShutdownProcess } from './shutdown';

class FakeProcess extends EventEmitter {
  readonly exits: (number | string | null | undefined)[] = [];
  exit = (code?: number | string | null): never => {
    this.exits.push(code);
    return undefined as never;
  };
}

function listen(graceMs = 60_000) {
  const target = new FakeProcess();
  const shutdown = listenForShutdown(pino({ level: 'silent' }), graceMs, target as unknown as ShutdownProcess);
  return { target, shutdown };
}

describe('a shutdown', () => {
  it('is asked for by the first signal, and forced by the second', async () => {
    const { target, shutdown } = listen();
    expect(shutdown.isRequested()).toBe(false);
    target.emit('SIGTERM', 'SIGTERM');
    expect(await shutdown.requested).toBe('SIGTERM');
    expect(target.exits).toEqual([]);
    target.emit('SIGINT', 'SIGINT');
    expect(target.exits).toEqual([1]);
    shutdown.dispose();
  });

  it('is forced when the grace is over', () => {
    jest.useFakeTimers();
    try {
      const { target, shutdown } = listen(25_000);
      target.emit('SIGTERM', 'SIGTERM');
      jest.advanceTimersByTime(24_999);
      expect(target.exits).toEqual([]);
      jest.advanceTimersByTime(1);
      expect(target.exits).toEqual([1]);
      shutdown.dispose();
    } finally {
      jest.useRealTimers();
    }
  });

  it('is not forced after all was stopped in time', () => {
    jest.useFakeTimers();
    try {
      const { target, shutdown } = listen(25_000);
      target.emit('SIGTERM', 'SIGTERM');
      shutdown.dispose();
      jest.advanceTimersByTime(60_000);
      expect(target.exits).toEqual([]);
      expect(target.eventNames()).toEqual([]);
    } finally {
      jest.useRealTimers();
    }
  });

  it.each(['unhandledRejection', 'uncaughtException'])('comes at once for an %s', (event) => {
    const { target, shutdown } = listen();
    target.emit(event, new Error('nobody caught this'));
    expect(target.exits).toEqual([1]);
    shutdown.dispose();
  });
});
