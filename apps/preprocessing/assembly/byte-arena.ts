/** Size of a block; larger pieces get a block of their own. */
const blockBytes = 256 * 1024;

/** Up to so many bytes, copying words costs less than making the view that `set` wants. */
const copiedByWords = 1024;

interface Block {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  used: number;
  /** Pieces in it that are still held. */
  live: number;
}

/**
 * Keeps copies of spans' bytes in large blocks, so that a kept span holds on to nothing else of the message it came in.
 * A block is free again when the last of its pieces is.
 */
export class ByteArena {
  private readonly blocks: (Block | undefined)[] = [];
  private readonly freeNumbers: number[] = [];
  private spare: Block | undefined;
  private current = -1;
  private allocated = 0;

  /** Bytes of all blocks. */
  get byteLength(): number {
    return this.allocated;
  }

  /** Copies bytes in, `view` being a view of them; {@link block} and {@link at} tell where they are. */
  add(bytes: Uint8Array, view: DataView, start: number, end: number): void {
    const length = end - start;
    let block = this.blocks[this.current];
    if (block === undefined || block.used + length > block.bytes.length) block = this.next(length);
    this.block = this.current;
    this.at = block.used;
    if (length > copiedByWords) block.bytes.set(bytes.subarray(start, end), block.used);
    else copyWords(view, start, end, block.view, block.used);
    block.used += length;
    block.live += 1;
  }

  /** Block of the piece added last. */
  block = -1;
  /** Position in its block of the piece added last. */
  at = 0;

  bytesOf(block: number): Uint8Array {
    return this.get(block).bytes;
  }

  viewOf(block: number): DataView {
    return this.get(block).view;
  }

  release(number: number): void {
    const block = this.get(number);
    block.live -= 1;
    if (block.live > 0 || number === this.current) return;
    this.blocks[number] = undefined;
    this.freeNumbers.push(number);
    this.allocated -= block.bytes.length;
    if (block.bytes.length === blockBytes) this.spare = block;
  }

  private get(number: number): Block {
    const block = this.blocks[number];
    if (block === undefined) throw new RangeError(`no block ${number}`);
    return block;
  }

  private next(length: number): Block {
    const before = this.blocks[this.current];
    const previous = this.current;
    let block = this.spare;
    if (block === undefined || length > blockBytes) {
      const bytes = new Uint8Array(Math.max(blockBytes, length));
      block = { bytes, view: new DataView(bytes.buffer), used: 0, live: 0 };
    } else this.spare = undefined;
    block.used = 0;
    block.live = 0;
    this.current = this.freeNumbers.pop() ?? this.blocks.length;
    this.blocks[this.current] = block;
    this.allocated += block.bytes.length;
    if (before?.live === 0) {
      before.live = 1;
      this.release(previous);
    }
    return block;
  }
}

function copyWords(source: DataView, start: number, end: number, target: DataView, to: number): void {
  let from = start;
  let at = to;
  for (; from + 4 <= end; from += 4, at += 4) target.setUint32(at, source.getUint32(from, true), true);
  for (; from < end; from += 1, at += 1) target.setUint8(at, source.getUint8(from));
}
