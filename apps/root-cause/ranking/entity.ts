import { isPeer } from '../graph';

const unseenPrefix = 'peer:unknown@';

/** Name of whatever a service calls that sends no spans of its own and may be called by others, too. */
export function unseenCallee(caller: string, callee: string): string {
  return callee === 'peer:unknown' ? `${unseenPrefix}${caller}` : callee;
}

/** The caller of a callee that nothing is known of but that it is called. */
export function callerOfUnseen(entity: string): string | undefined {
  return isPeer(entity) && entity.startsWith(unseenPrefix) ? entity.slice(unseenPrefix.length) : undefined;
}
