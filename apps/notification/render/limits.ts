/** Cuts a text to a channel's limit, with an ellipsis in place of what is gone; counts UTF-16 units, as the channels do. */
export function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const kept = text.slice(0, limit - 1);
  // Half a surrogate pair would be invalid text.
  return `${/[\uD800-\uDBFF]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}

/** Joins names until the limit, then says how many more there are. */
export function listWithin(names: readonly string[], limit: number): string {
  for (let shown = names.length; shown > 0; shown -= 1) {
    const rest = names.length - shown;
    const text = names.slice(0, shown).join(', ') + (rest > 0 ? ` and ${rest} more` : '');
    if (text.length <= limit) return text;
  }
  return cut(names.join(', '), limit);
}

/** ISO time to the second, as in `2026-01-24T21:00:00Z`. */
export function isoSeconds(timeMs: number): string {
  return `${new Date(timeMs).toISOString().slice(0, 19)}Z`;
}
