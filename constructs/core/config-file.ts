import { dump } from './yaml';
import { InvalidPropError } from './errors';

/** A configuration file: a typed object that becomes text when the app is rendered. */
export class ConfigFile {
  /** @param content called when the app is rendered, so that it sees every wire */
  static yaml(name: string, content: () => object): ConfigFile {
    return new ConfigFile(name, () => dump(content()));
  }

  /** @param content called when the app is rendered, so that it sees every wire */
  static json(name: string, content: () => object): ConfigFile {
    return new ConfigFile(name, () => `${JSON.stringify(content(), undefined, 2)}\n`);
  }

  /**
   * @param name key in the ConfigMap and name of the file
   * @throws {InvalidPropError} if `name` is no key of a ConfigMap
   */
  private constructor(
    readonly name: string,
    private readonly produce: () => string,
  ) {
    if (!/^[-._a-zA-Z0-9]{1,253}$/.test(name)) {
      throw new InvalidPropError('ConfigFile.name', name, 'letters, digits, dots, dashes and underscores');
    }
  }

  text(): string {
    return this.produce();
  }
}
