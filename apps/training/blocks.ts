import { addBlock, mergeSketch, streamsOf, type Sketch, type StatsTable, type StreamSpread } from '@plumbline/wire';

/**
 * How each stream varies from one stretch of time to the next: windows are gathered into blocks, tenant by tenant, and each
 * block that is over adds its squares. Requests of the same minute are slow together, and only this tells by how much.
 */
export class Blocks {
  private spread = new Map<string, StreamSpread>();
  private readonly open = new Map<string, { readonly block: number; readonly values: Map<string, Sketch> }>();

  /** @param from what is known so far; copied */
  constructor(
    private readonly blockMs: number,
    from?: ReadonlyMap<string, StreamSpread>,
  ) {
    if (from !== undefined) this.replace(from);
  }

  /** Adds a window; windows of one tenant come by rising start. */
  add(tenant: string, startMs: number, stats: StatsTable): void {
    const block = Math.floor(startMs / this.blockMs);
    let open = this.open.get(tenant);
    if (open !== undefined && open.block !== block) {
      this.close(open.values);
      open = undefined;
    }
    if (open === undefined) this.open.set(tenant, (open = { block, values: new Map<string, Sketch>() }));
    for (const { key, values } of streamsOf(stats)) {
      let sketch = open.values.get(key);
      if (sketch === undefined) open.values.set(key, (sketch = new Map<number, number>()));
      mergeSketch(sketch, values);
    }
  }

  /** Closes what is open, so that nothing is known but what is returned. */
  finish(): ReadonlyMap<string, StreamSpread> {
    for (const { values } of this.open.values()) this.close(values);
    this.open.clear();
    return this.spread;
  }

  /** Goes on from other numbers; copies them. */
  replace(spread: ReadonlyMap<string, StreamSpread>): void {
    this.spread = new Map(
      [...spread].map(([key, { blocks, squares }]) => [key, { blocks, squares: new Map(squares) }]),
    );
  }

  private close(values: ReadonlyMap<string, Sketch>): void {
    for (const [key, sketch] of values) {
      let spread = this.spread.get(key);
      if (spread === undefined) this.spread.set(key, (spread = { blocks: 0, squares: new Map<number, number>() }));
      addBlock(spread, sketch);
    }
  }
}
