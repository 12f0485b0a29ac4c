/** Texts remembered; beyond it, what is remembered is forgotten and costs memory once more. */
const most = 500_000;
let known = new Map<string, string>();

/**
 * The same text, and the same object in memory whoever asks: names and keys of rows are in every window, in the profile and in
 * what an incident gathers, and were most of the memory of a row.
 */
export function intern(text: string): string {
  const same = known.get(text);
  if (same !== undefined) return same;
  if (known.size >= most) known = new Map();
  known.set(text, text);
  return text;
}
