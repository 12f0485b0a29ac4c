import { z } from 'zod';

/** One setting, as `--help` and the reference list it. */
export interface SettingHelp {
  readonly name: string;
  readonly description: string;
  /** As text; absent when there is none. */
  readonly default?: string;
  readonly required: boolean;
}

/** The settings of a schema of environment variables, in its order. */
export function settingsHelp(schema: z.ZodObject): SettingHelp[] {
  const json = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const required = new Set(json.required ?? []);
  return Object.entries(json.properties ?? {}).map(([name, property]) => {
    const { description = '', default: fallback } = typeof property === 'object' ? property : {};
    return {
      name,
      description,
      required: required.has(name),
      ...(fallback === undefined
        ? {}
        : { default: typeof fallback === 'string' ? fallback : JSON.stringify(fallback) }),
    };
  });
}

/** Lines for a terminal: name, default, description. */
export function formatSettings(settings: readonly SettingHelp[]): string {
  const width = Math.max(...settings.map(({ name }) => name.length));
  return settings
    .map(({ name, description, default: fallback }) => {
      const value = fallback === undefined ? '' : ` [${fallback}]`;
      return `  ${name.padEnd(width)}  ${description}${value}`.trimEnd();
    })
    .join('\n');
}
