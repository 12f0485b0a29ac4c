/*
 * Peers: what services call that sends no spans of its own. They stand where a callee or a cause does, beside service keys.
 */

/** Callee that sends no spans of its own: `peer:postgresql/shop`; not a service key. */
export function isPeer(callee: string): boolean {
  return callee.startsWith('peer:');
}

/** `postgresql/shop` of `peer:postgresql/shop`. */
export function peerName(callee: string): string {
  return callee.slice('peer:'.length);
}

const unseenPrefix = 'peer:unknown@';

/** Name of whatever a service calls that sends no spans of its own and may be called by others, too. */
export function unseenCallee(caller: string, callee: string): string {
  return callee === 'peer:unknown' ? `${unseenPrefix}${caller}` : callee;
}

/** The caller of a callee that nothing is known of but that it is called. */
export function callerOfUnseen(entity: string): string | undefined {
  return entity.startsWith(unseenPrefix) ? entity.slice(unseenPrefix.length) : undefined;
}
