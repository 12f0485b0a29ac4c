/** Rising number, six digits at least, and the start of a hash of the content: `000012-4bf92f3577b3`. */
export function versionName(sequence: number, sha256: string): string {
  return `${String(sequence).padStart(6, '0')}-${sha256.slice(0, 12)}`;
}

/** The number in a version; 0 for versions of another form. */
export function sequenceOf(version: string): number {
  return Number(/^(\d+)-/.exec(version)?.[1] ?? 0);
}
