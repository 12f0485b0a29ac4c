import { catalog, type ToolName } from '../install/catalog';
import { ToolsHome } from '../install/home';
import { ToolMissingError } from './errors';

const checked = new Map<string, ToolsHome>();

/**
 * The home that holds a tool, after a check that the tool is there and made from today's pins.
 *
 * @throws {ToolMissingError} if it is not
 */
export function homeOf(name: ToolName): ToolsHome {
  const known = checked.get(name);
  if (known) return known;
  const home = new ToolsHome();
  if (!home.isInstalled(catalog[name])) throw new ToolMissingError(name, catalog[name].version, home.directory);
  checked.set(name, home);
  return home;
}

/** The path of an installed program. */
export function program(tool: ToolName, name: string = tool): string {
  return homeOf(tool).path('bin', name);
}
