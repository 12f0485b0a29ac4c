/** Bytes of a record that are not what their schema says. */
export class WireError extends Error {
  readonly code = 'PLUMBLINE_WIRE';
  override readonly name = 'WireError';
}
