import { writeYaml } from './yaml-writer';

/** YAML of plain data, `undefined` left out, long lines kept, nothing written as an alias. */
export function dump(content: object): string {
  return writeYaml([JSON.parse(JSON.stringify(content))]);
}

/**
 * A {@link dump} that remembers what it wrote last, as a file is asked for twice: for its ConfigMap, and for the hash of the pods that
 * read it.
 */
export function rememberingDump(): (content: object) => string {
  let last: { readonly json: string; readonly text: string } | undefined;
  return (content) => {
    const json = JSON.stringify(content);
    if (last?.json !== json) last = { json, text: dump(content) };
    return last.text;
  };
}
