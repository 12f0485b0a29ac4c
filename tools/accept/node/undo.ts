/**
 * Undoes what was done, last first, each once. What cannot be undone is said, and stands in the way of nothing else: processes,
 * mounts and networks would outlive this process.
 */
export async function undone(undo: (() => Promise<unknown>)[]): Promise<void> {
  for (const each of undo.splice(0).toReversed()) {
    await each().catch((error: unknown) => console.error(`something is left over: ${String(error)}`));
  }
}
