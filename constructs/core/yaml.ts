import { Yaml } from 'cdk8s';

/** YAML of plain data, `undefined` left out, long lines kept, nothing written as an alias. */
export function dump(content: object): string {
  return Yaml.stringify(JSON.parse(JSON.stringify(content)) as object);
}
