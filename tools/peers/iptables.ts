import { program } from './installed';

/**
 * Path of a program of iptables, for the rules of a network namespace. It is run as root.
 *
 * @throws {ToolMissingError} before `npm run tools`
 */
export function iptables(name: 'iptables' | 'iptables-restore' = 'iptables'): string {
  return program('iptables', name);
}
