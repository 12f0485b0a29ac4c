import { rememberingDump } from './yaml';
import { InvalidPropError } from './errors';

/** A configuration file: a typed object that becomes text when the app is rendered. */
export class ConfigFile {
  /** @param content called when the app is rendered, so that it sees every wire */
  static yaml(name: string, content: () => object): ConfigFile {
    return new ConfigFile(name, content, rememberingDump());
  }

  /** @param content called when the app is rendered, so that it sees every wire */
  static json(name: string, content: () => object): ConfigFile {
    return new ConfigFile(name, content, (value) => `${JSON.stringify(value, undefined, 2)}\n`);
  }

  /**
   * A format of the product's own.
   *
   * @param content called when the app is rendered, so that it sees every wire
   */
  static written<Content extends object>(
    name: string,
    content: () => Content,
    write: (content: Content) => string,
  ): ConfigFile {
    // Settings are merged into what is of this type, and are checked by nobody but the product.
    return new ConfigFile(name, content, (merged) => write(merged as Content));
  }

  /**
   * @param name key in the ConfigMap and name of the file
   * @throws {InvalidPropError} if `name` is no key of a ConfigMap
   */
  private constructor(
    readonly name: string,
    private readonly content: () => object,
    private readonly write: (content: object) => string,
  ) {
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(name)) {
      throw new InvalidPropError('ConfigFile.name', name, 'letters, digits, dots, dashes and underscores');
    }
  }

  text(): string {
    return this.write(this.content());
  }

  /** The same file with other settings: objects are merged, everything else takes the place of what was there. */
  mergedWith(settings: object): ConfigFile {
    return new ConfigFile(this.name, () => merged(this.content(), settings), this.write);
  }
}

function merged(under: object, over: object): object {
  const result: Record<string, unknown> = { ...under };
  for (const [key, value] of Object.entries(over) as [string, unknown][]) {
    const present = result[key];
    result[key] = isPlain(present) && isPlain(value) ? merged(present, value) : value;
  }
  return result;
}

function isPlain(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
