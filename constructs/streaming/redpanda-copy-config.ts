import { images } from '../images';
import type { ContainerProps } from '../core/container';
import { defined } from '../core/defined';

/** Name of the init container. */
export const copyConfigName = 'copy-config';

/** What a {@link copyConfig} depends on. */
export interface CopyConfigOptions {
  /** Folder of the ConfigMap. */
  readonly from: string;
  /** Folder that the broker may write to. */
  readonly to: string;
  /** Names of the files. */
  readonly files: readonly string[];
  /** A whole image reference. @default - that of the images table */
  readonly image?: string;
  /**
   * Variables with cluster properties that are secret, by the names of the properties; asked for when all wires are known.
   *
   * @default - there are none, and no shell is needed
   */
  readonly secretProperties?: () => Readonly<Record<string, string>>;
}

/** Copies configuration to where the broker may rewrite it, which in a ConfigMap it could not. */
export function copyConfig(options: CopyConfigOptions): ContainerProps {
  const { from, to, files, image, secretProperties } = options;
  return {
    name: copyConfigName,
    image: images.redpanda,
    ...defined({ imageOverride: image }),
    ...(secretProperties === undefined
      ? { command: ['cp', ...files.map((file) => `${from}/${file}`), `${to}/`] }
      : { command: ['sh', '-c'], args: () => [copyScript(options, secretProperties())] }),
    resources: { cpu: '50m', memory: '64Mi' },
  };
}

/**
 * Adds to `.bootstrap.yaml` what no ConfigMap may hold: a cluster that starts for the first time reads it there alone, and with tiered
 * storage does not start without. In quotes of YAML within which only they themselves mean anything, so they are doubled. A variable that
 * is not there ends it.
 */
export function copyScript(
  { from, to, files }: Pick<CopyConfigOptions, 'from' | 'to' | 'files'>,
  secretProperties: Readonly<Record<string, string>>,
): string {
  return [
    'set -eu',
    'umask 077',
    `cp ${files.map((file) => `${from}/${file}`).join(' ')} ${to}/`,
    `property() { printf "%s: '%s'\\n" "$1" "$(printf '%s' "$2" | sed "s/'/''/g")" >>${to}/.bootstrap.yaml; }`,
    ...Object.entries(secretProperties).map(([name, variable]) => `property ${name} "$${variable}"`),
    '',
  ].join('\n');
}
