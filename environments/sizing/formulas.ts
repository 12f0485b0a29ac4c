import { busyShare, diskShare, liveShare, memoryShare } from '../../constructs/sizing/component-size';
import { bytesPerSample } from '../../constructs/sizing/metrics';
import { measured, roundPrices } from '../../constructs/sizing';
import { code, table } from '../../tools/markdown';

const number = (value: number) => value.toLocaleString('en-US');
const percent = (share: number) => `${share * 100} %`;
const link = (text: string, url: string) => `[${text}](${url})`;

const mimirPage = 'https://grafana.com/docs/mimir/latest/manage/run-production-environment/planning-capacity/';
const ours = 'ours to assume';
const benchmark = code('npm run bench:sizing');

/** What every component has in common. */
export const inCommon = [
  `- Cores: those that are busy, over ${percent(busyShare)}: where document 001 has its autoscaler add a pod.`,
  `- Memory: what lives, over ${percent(memoryShare)}, which is ${code('GOMEMLIMIT')} of the constructs. Of what a Go process was measured to hold under load, ` +
    `${percent(liveShare)} lives: it lets its heap grow to ${link('twice that', 'https://go.dev/doc/gc-guide')} before it collects.`,
  `- Volumes: what is on them, over ${percent(diskShare)}.`,
  '- CPU and memory follow the bytes of spans: twice as large ones take twice as much.',
].join('\n');

/** Formulas, and where each is from. */
export function formulaTable(): string {
  const { samples, lines, bytesPerSpan } = measured;
  const rows: readonly (readonly [string, string, string, string, string])[] = [
    [
      'collectors',
      'spans and lines; two with copies',
      'spans and lines',
      'second tier: ten minutes of what comes, twice',
      benchmark,
    ],
    [
      'broker',
      `spans, whole cores; ${number(2)} GiB each`,
      'as cores',
      `${bytesPerSpan.topicTraces} + ${bytesPerSpan.topicPreprocessed} bytes a span, times copies`,
      `${benchmark} with Apache Kafka; ${link('Redpanda', 'https://docs.redpanda.com/current/deploy/redpanda/manual/sizing')}`,
    ],
    ['preprocessing, detection', 'spans', 'spans', '', benchmark],
    ['other workers', 'one of each, fixed', 'fixed', '', code('defaultResources')],
    [
      'Tempo',
      'spans; one process',
      'spans',
      `half an hour, twice; ${bytesPerSpan.tempoBlocks} bytes a span in the bucket`,
      benchmark,
    ],
    [
      'Prometheus',
      `${samples.cpuSecondsPerMillion} s for a million samples; 0.1 for a question a second (${ours})`,
      `${number(samples.bytesPerSeries)} bytes a series, and three hours of samples`,
      `${bytesPerSample} bytes a sample, and three hours of log; over 75 %`,
      `${benchmark}; ${link('Prometheus', 'https://prometheus.io/docs/prometheus/latest/storage/')}`,
    ],
    [
      'Mimir',
      '1 for 25,000 samples a second, 1 for 300,000 series in memory, 0.2 for a question a second',
      '1 GB, 2.5 GB, 0.2 GB of the same; half more',
      '5 GB for 300,000 series in memory, 13 GB for a million series, compaction; half more',
      link('Mimir', mimirPage),
    ],
    [
      'Loki',
      `${lines.cpuSecondsPerMillionBytes} s for a megabyte of lines at three times the average; 0.1 for a question a second (${ours})`,
      'lines at three times the average',
      `an hour; ${lines.bytesKept} bytes in the bucket for each of a line`,
      benchmark,
    ],
    ['object store', 'spans', 'spans', 'what all others keep, and a tenth for what is merged', benchmark],
    ['Alertmanager, Grafana, PostgreSQL', 'fixed', 'fixed', 'fixed', 'defaults of the constructs'],
  ];
  return table(['Component', 'Cores', 'Memory', 'Disk', 'From'], rows);
}

/** What was measured of each process that takes spans. */
export function measuredTable(): string {
  const rows = Object.entries(measured.spans).map(
    ([name, { cpuSecondsPerMillion, idleBytes, bytesPerSpanPerSecond }]) => [
      code(name),
      String(cpuSecondsPerMillion),
      `${Math.round(idleBytes / 1e6)} MB`,
      `${Math.round(bytesPerSpanPerSecond / 1e3)} MB`,
    ],
  );
  return table(['Process', 'CPU seconds, a million spans', 'Memory, idle', 'And for 1,000 spans a second'], rows);
}

/** What things cost unless a table says otherwise. */
export function priceText(): string {
  const { core, memoryGibibyte, diskGibibyte, objectGibibyte, currency } = roundPrices;
  return (
    `Prices are round figures of the order of what large clouds list, and nobody's offer: ${core} ${currency} a month for a core, ${memoryGibibyte} for a GiB of ` +
    `memory, ${diskGibibyte} for one of volumes, ${objectGibibyte} for one of an object store that is somebody else's. ${code('--prices FILE')} has yours; requests and traffic are in neither.`
  );
}
