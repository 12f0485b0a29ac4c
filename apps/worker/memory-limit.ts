import { totalmem } from 'node:os';

/** What the machine says of memory, bytes. */
export interface Memory {
  /** Limit of the container; 0 or more than there is where it has none. */
  readonly constrained: number;
  readonly total: number;
}

/** Beyond it nothing is gained. */
const mostBufferBytes = 512 * 1024 * 1024;

/**
 * Bytes for what a worker holds between records: a share of the memory that its container may use, or of the machine's where it runs
 * outside of one. What Node.js and the libraries take comes on top.
 */
export function bufferBytes(share: number, memory: Memory = present()): number {
  const { constrained, total } = memory;
  const limit = constrained > 0 && constrained < total ? constrained : total;
  return Math.min(mostBufferBytes, Math.floor(limit * share));
}

function present(): Memory {
  return { constrained: process.constrainedMemory(), total: totalmem() };
}
