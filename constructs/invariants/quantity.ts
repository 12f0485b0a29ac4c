const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

const pattern = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/;

/** Whether `text` is a Kubernetes resource quantity. */
export function isQuantity(text: string): boolean {
  return pattern.test(text);
}

/**
 * A Kubernetes resource quantity as a number: `100m` is 0.1, `1Gi` is 1073741824.
 *
 * @throws RangeError when `text` is no quantity.
 */
export function parseQuantity(text: string): number {
  const [, digits, exponent, suffix] = pattern.exec(text) ?? [];
  if (digits === undefined) throw new RangeError(`not a resource quantity: ${JSON.stringify(text)}`);
  return exponent === undefined ? Number(digits) * (suffixes[suffix ?? ''] ?? 1) : Number(digits + exponent);
}
