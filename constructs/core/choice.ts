import { InvalidPropError } from './errors';

/** What an environment says of a part of the platform: how ours is to be, or where somebody else's is. */
export type Choice<Own, External> = Own | { readonly external: External };

/** Makes ours or takes somebody else's, whichever was chosen. */
export function choose<Own extends object, External, Result>(
  choice: Choice<Own, External>,
  make: { readonly own: (props: Own) => Result; readonly external: (props: External) => Result },
): Result {
  return 'external' in choice ? make.external(choice.external) : make.own(choice);
}

/** Makes what an environment has props for; where it has none, there is none. */
export function optional<Props, Result>(props: Props | undefined, make: (props: Props) => Result): Result | undefined {
  return props === undefined ? undefined : make(props);
}

/**
 * A part that another one needs.
 *
 * @throws {InvalidPropError} if there is none, so that what asks for it is not ignored in silence
 */
export function needed<T>(name: string, part: T | undefined, by: string): T {
  if (part === undefined) throw new InvalidPropError(name, part, `there, as \`${by}\` needs it`);
  return part;
}

/** Those that there are. */
export function present<T>(parts: readonly (T | undefined)[]): readonly T[] {
  return parts.filter((part) => part !== undefined);
}
