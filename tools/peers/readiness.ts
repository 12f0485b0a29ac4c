import type { Readiness } from './process';

/** Ready once its log has this text. */
export function logged(text: string): Readiness {
  return async (process) => (await process.log()).includes(text);
}

/** Ready once a GET of this address answers with one of these statuses. */
export function answers(url: string, ...statuses: readonly number[]): Readiness {
  return async () => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(2_000) });
      await response.arrayBuffer();
      return statuses.includes(response.status);
    } catch {
      // Nothing listens yet; the caller asks again until its own deadline.
      return false;
    }
  };
}
