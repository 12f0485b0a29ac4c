/** A sample in the text format of Prometheus. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Labels as they are written, by which series of the same server are told apart. */
  readonly series: string;
  readonly value: number;
}

const sampleLine = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/g;

/**
 * Samples of a page of metrics; lines that are none are passed over.
 *
 * The format: https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format
 */
export function samplesOf(text: string): readonly Sample[] {
  return text.split('\n').flatMap((line) => {
    const [, name, series = '', value] = sampleLine.exec(line) ?? [];
    if (name === undefined || value === undefined) return [];
    const labels = Object.fromEntries(Array.from(series.matchAll(label), ([, key = '', text = '']) => [key, text]));
    return [{ name, series, labels, value: Number(value) }];
  });
}
