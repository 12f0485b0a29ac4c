import { labelKinds, longestLabel, type LabelKind } from '@plumbline/wire';

/** Label of each kind that a resource names; absent where it names none. */
export type ResourceLabels = Readonly<Partial<Record<LabelKind, string>>>;

/** Attributes by kind, the most telling first (opentelemetry.io/docs/specs/semconv/resource). */
const attributes: Readonly<Record<LabelKind, readonly string[]>> = {
  version: ['service.version'],
  pod: ['k8s.pod.name', 'service.instance.id'],
  node: ['k8s.node.name', 'host.name'],
};

/** Resources remembered; each is a few hundred characters, and there are as many as there are processes. */
const mostKnown = 8192;
const known = new Map<string, ResourceLabels>();

/**
 * Labels of a resource, from its attributes as JSON. Texts are bounded and have no characters that do not print: whoever
 * sends spans decides what they are.
 */
export function resourceLabels(json: string): ResourceLabels {
  let labels = known.get(json);
  if (labels === undefined) {
    if (known.size >= mostKnown) known.clear();
    known.set(json, (labels = read(json)));
  }
  return labels;
}

function read(json: string): ResourceLabels {
  let resource: unknown;
  try {
    resource = JSON.parse(json);
  } catch {
    return {};
  }
  if (typeof resource !== 'object' || resource === null) return {};
  const values = new Map<string, unknown>(Object.entries(resource));
  const labels: Partial<Record<LabelKind, string>> = {};
  for (const kind of labelKinds) {
    const text = attributes[kind].map((name) => printable(values.get(name))).find((each) => each !== '');
    if (text !== undefined) labels[kind] = text;
  }
  // A container's host has the name of its pod: that is no other place.
  if (labels.node === labels.pod) delete labels.node;
  return labels;
}

function printable(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  return (
    String(value)
      .slice(0, longestLabel)
      // Control characters, and those that turn the direction of what follows; half of a pair is no character.
      .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '\u{fffd}')
      .trim()
  );
}
