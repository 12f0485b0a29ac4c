import { userInfo } from 'node:os';
import type { Environment } from '@plumbline/worker';
import { InvalidArgumentError, type Command } from 'commander';
import { UsageError } from '../errors';

/** Options of commands that look. */
export interface LookArguments {
  readonly data?: string;
  readonly json?: boolean;
}

/** Options of commands that decide. */
export interface DecideArguments extends LookArguments {
  readonly effectiveFrom?: number;
  readonly by?: string;
}

export function addLookOptions(command: Command): Command {
  return command
    .option('--data <dir>', 'the folder of plumbline standalone, instead of what the environment names')
    .option('--json', 'print the outcome as one JSON line');
}

export function addDecideOptions(command: Command): Command {
  return addLookOptions(command)
    .option(
      '--effective-from <time>',
      'event time from which it holds, as 2026-01-31T12:00:00Z (a minute from now)',
      time,
    )
    .option('--by <name>', 'who decides (the user of this machine)');
}

/**
 * When a decision takes effect and who made it.
 *
 * @throws {UsageError} for a time that is past: traces of it may have been judged already
 */
export async function signature({ effectiveFrom, by }: DecideArguments, environment: Environment, nowMs: number) {
  const { learnerConfigSchema } = await import('@plumbline/training');
  const { parseEnvironment } = await import('@plumbline/worker');
  const setting = learnerConfigSchema.pick({ LEARN_ACTIVATION_SECONDS: true });
  const { LEARN_ACTIVATION_SECONDS: delay } = parseEnvironment(setting, environment);
  const effectiveFromMs = effectiveFrom ?? nowMs + delay * 1000;
  if (effectiveFromMs < nowMs) {
    throw new UsageError(
      `${new Date(effectiveFromMs).toISOString()} is past, and traces of then may have been judged; give a time to come`,
    );
  }
  return { effectiveFromMs, by: by ?? thisUser() };
}

/** A share of traces, between 0 and 1. */
export function share(text: string): number {
  const value = Number(text);
  if (!(value > 0 && value < 1)) throw new InvalidArgumentError('give a share between 0 and 1, such as 0.1.');
  return value;
}

function time(text: string): number {
  const ms = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/.test(text) ? Date.parse(text) : NaN;
  if (Number.isNaN(ms)) throw new InvalidArgumentError('give a time with its zone, such as 2026-01-31T12:00:00Z.');
  return ms;
}

function thisUser(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user id that has no name.
    return `user ${process.getuid?.() ?? 'unknown'}`;
  }
}
