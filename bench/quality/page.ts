import { code, page, table } from '../../tools/markdown';
import { baselines, baselineTitles } from './baselines';
import { median } from './figures';
import { modelScorerTitles } from './model-scorers';
import { failureModes, howItIsMeasured, references } from './page-texts';
import type {
  ModelsResult,
  DaysResult,
  KindResult,
  OneTraceResult,
  Quality,
  QualityRun,
  SimulatorResult,
  StreamsResult,
  ToldResult,
  TracesResult,
} from './result';
import { systems, systemTitles } from './streams';
import { figureText, seconds, share } from './text';

const title = 'How good it is at finding and naming faults';

/** What was measured of the pipeline's answers, with how and what it gets wrong, in Markdown; says what to run where nothing was. */
export function qualityPage(quality: Quality | undefined): string {
  const command = code('npm run bench:quality -- --full');
  if (quality === undefined) {
    return page(title, `Nothing has been measured yet: run ${command}, then ${code('npm run docs')}.`, [
      howItIsMeasured,
      failureModes,
      references,
    ]);
  }
  const { streams, simulator, days, rank, traces, models, oneTrace, goals } = quality;
  const met = goals.filter((goal) => goal.met).length;
  return page(title, `${met} of ${goals.length} goals are met. Intervals are 95 %.`, [
    ...runSection(quality.runs),
    howItIsMeasured,
    '## Goals',
    table(
      ['Goal', 'Needed', 'Reached', 'Met'],
      goals.map((goal) => [goal.goal, goal.needed, goal.reached, goal.met ? 'yes' : '**no**']),
    ),
    ...(streams === undefined ? [] : streamSections(streams)),
    ...(simulator === undefined ? [] : simulatorSections(simulator)),
    ...(days === undefined ? [] : daysSection(days)),
    ...(rank === undefined ? [] : toldSections(rank)),
    ...(traces === undefined || traces.length === 0 ? [] : traceSections(traces)),
    ...(models === undefined || models.length === 0 ? [] : modelSections(models)),
    ...(oneTrace === undefined || oneTrace.length === 0 ? [] : oneTraceSections(oneTrace)),
    failureModes,
    references,
  ]);
}

function runSection(runs: readonly QualityRun[]): string[] {
  return [
    table(
      ['Measured by', 'Parts', 'Code', 'Minutes', 'CPUs', 'Node.js'],
      runs.map(({ command, parts, commit, seconds: took, cpus, node }) => [
        code(command),
        parts.join(', '),
        code(commit),
        String(Math.round(took / 60)),
        String(cpus),
        node,
      ]),
    ),
  ];
}

function daysSection({ systems, spans, alarms }: DaysResult): string[] {
  const { quietMinutes, falseAlarms, lasting } = alarms;
  return [
    '## Whole days without a fault',
    'With the rhythm of a day, releases, changes of load, and the noise of rough systems; unseen families.',
    table(
      ['Systems', 'Days', 'Spans', 'False alarms', 'Open for more than 10 min'],
      [[systems, Math.round(quietMinutes / 1440), spans, falseAlarms, lasting].map(String)],
    ),
  ];
}

const scoreHead = [
  'Faults',
  'Found',
  'AC@1',
  'AC@3',
  'MRR',
  'Right of found',
  'AC@1 by service',
  'Opened',
  'Right name',
];

function scoreCells(summary: StreamsResult['runs'][number]['summary']): string[] {
  const { cases, found, ac1, ac3, mrr, rightOfFound, macroAc1, openedAfter, namedAfter } = summary;
  return [
    String(cases),
    ...[found, ac1, ac3, mrr, rightOfFound, macroAc1].map(figureText),
    seconds(openedAfter),
    seconds(namedAfter),
  ];
}

function streamSections({ runs, seeds, calibration }: StreamsResult): string[] {
  const rows = [
    ...runs.map(({ system, seed, summary, alarms }) => ({ name: systemTitles[system], seed, summary, alarms })),
    ...seeds.map(({ seed, summary, alarms }) => ({ name: 'both', seed, summary, alarms })),
  ];
  return [
    '## Recorded systems as one stream, told nothing',
    table(
      ['System', 'Seed', ...scoreHead],
      rows.map(({ name, seed, summary }) => [name, String(seed), ...scoreCells(summary)]),
    ),
    'Seconds are medians from the injection: until the end of the window that opened the incident, and until a revision that put the ' +
      'right service first came out.',
    table(
      ['System', 'Seed', 'Quiet minutes', 'False alarms', 'Open for more than 10 min', 'Open 10 min after their fault'],
      rows.map(({ name, seed, alarms }) => [
        name,
        String(seed),
        ...[alarms.quietMinutes, alarms.falseAlarms, alarms.lasting, alarms.stuck].map(String),
      ]),
    ),
    '### By kind',
    table(
      ['System', 'Kind', 'Faults', 'Found, median of the seeds', 'Named first, median of the seeds'],
      systems.flatMap((system) =>
        medianKinds(runs.filter((run) => run.system === system)).map((cells) => [systemTitles[system], ...cells]),
      ),
    ),
    ...calibrationSection(calibration),
  ];
}

function medianKinds(runs: StreamsResult['runs']): string[][] {
  return (runs[0]?.kinds ?? []).map(({ kind, cases }) => {
    const of = (value: (each: KindResult) => number) =>
      median(runs.flatMap(({ kinds }) => kinds.filter((each) => each.kind === kind).map(value)));
    return [kind, String(cases), String(of(({ found }) => found) ?? 0), String(of(({ right }) => right) ?? 0)];
  });
}

function simulatorSections({ sets, pairs, calibration }: SimulatorResult): string[] {
  return [
    '## Simulated systems, told nothing',
    table(
      ['Families', 'Profile', 'Systems', 'Of', ...scoreHead],
      sets.flatMap(({ set, profile, systems: count, all, visible }) =>
        [
          { of: 'all', summary: all },
          { of: 'visible', summary: visible },
        ].flatMap(({ of, summary }) =>
          summary === undefined ? [] : [[set, profile, String(count), of, ...scoreCells(summary)]],
        ),
      ),
    ),
    table(
      ['Families', 'Profile', 'Quiet minutes', 'False alarms', 'Open for more than 10 min'],
      sets.map(({ set, profile, alarms }) => [
        set,
        profile,
        ...[alarms.quietMinutes, alarms.falseAlarms, alarms.lasting].map(String),
      ]),
    ),
    '### By kind, visible faults',
    table(
      ['Families', 'Profile', 'Kind', 'Faults', 'Found', 'Named first'],
      sets.flatMap(({ set, profile, kinds }) =>
        kinds.map(({ kind, cases, found, right }) => [set, profile, kind, ...[cases, found, right].map(String)]),
      ),
    ),
    ...(pairs === undefined
      ? []
      : [
          `Two faults at once: of ${pairs.pairs} pairs whose halves are each named right alone, ${pairs.both} have both among the first three.`,
        ]),
    ...calibrationSection(calibration),
    '### Is the simulator too easy?',
    'AC@1 of the simple rules on visible faults, told the windows. A rule that looks at one signal and does better than .8 would make it so.',
    table(
      ['Families', 'Profile', ...baselines.map((name) => baselineTitles[name])],
      sets
        .filter((each) => each.baselines.length > 0)
        .map(({ set, profile, baselines: of }) => [
          set,
          profile,
          ...baselines.map((name) => share(of.find(({ baseline }) => baseline === name)?.ac1 ?? NaN)),
        ]),
    ),
  ];
}

function toldSections({ scores, differences }: ToldResult): string[] {
  return [
    '## Recorded faults, told when they began',
    table(
      ['System', 'Ranked by', 'AC@1', 'AC@3', 'MRR', 'Plumbline is better by, both systems'],
      scores.map(({ system, ranker, ac1, ac3, mrr }) => {
        const better = differences.find(({ baseline }) => baseline === ranker);
        const name = ranker === 'plumbline' ? 'Plumbline' : baselineTitles[ranker];
        return [
          systemTitles[system],
          name,
          ...[ac1, ac3, mrr].map(figureText),
          better === undefined ? '' : figureText(better.ac1),
        ];
      }),
    ),
  ];
}

function traceSections(traces: TracesResult): string[] {
  return [
    '## Single traces, latency faults',
    table(
      [
        'System',
        'Faulty',
        'Others',
        'AUC',
        'Recall at 1 % false positives',
        'AUC, exposed only',
        'Recall, exposed only',
      ],
      traces.map(({ system, positives, negatives, auc, recall, exposedOnly }) => [
        systemTitles[system],
        ...[positives, negatives].map(String),
        ...[auc, recall, exposedOnly.auc, exposedOnly.recall].map((value) => value.toFixed(3)),
      ]),
    ),
    'Exposed only: traces during a fault that miss the faulty service are left out instead of counted as normal.',
  ];
}

function modelSections(models: ModelsResult): string[] {
  const earned = models.flatMap(({ scorers }) => scorers.filter(({ gainLowerBound }) => gainLowerBound > 0));
  const every = models.every(({ scorers }) =>
    scorers.some(({ scorer, gainLowerBound }) => scorer === 'combined' && gainLowerBound > 0),
  );
  return [
    '## With and without learned models',
    'Models are trained with the fault-free minutes of each system, and with what came before the faults of other folds; each fault is scored by models ' +
      'that saw nothing of its own fold. All scorers, the profile too, learn from the same parts of these traces and are calibrated by the same others, so the ' +
      'profile has less to learn from than in the table above. Figures are medians of the seeds; the gain is in recall at one false positive in a hundred, on ' +
      'the same traces; its lower bound is the least of the seeds’ 95 % intervals over faults.',
    table(
      [
        'System',
        'Normal traces',
        'Faults',
        'Seeds',
        'Scorer',
        'AUC',
        'Recall at 1 %',
        'Gain over the profile',
        'At least',
      ],
      models.flatMap(({ system, normalTraces, faults, seeds, scorers }) =>
        scorers.map(({ scorer, auc, recall, gain, gainLowerBound }) => [
          systemTitles[system],
          ...[normalTraces, faults, seeds].map(String),
          modelScorerTitles[scorer],
          ...[auc, recall].map((value) => value.toFixed(3)),
          ...(scorer === 'profile' ? ['', ''] : [gain, gainLowerBound].map((value) => value.toFixed(3))),
        ]),
      ),
    ),
    every
      ? 'All together, models earn their place beside the profile in both systems.'
      : earned.length === 0
        ? 'No model earned a place here: none is shown to find more than the profile alone. Whether one does in another system is measured there, by each ' +
          'training on its own traces; until then it scores in the shadow.'
        : `Not in both systems are models shown to find more than the profile alone (${earned.length} of ${models.length * 4} comparisons). Whether they do in another ` +
          'one is measured there, by each training on its own traces; until then they score in the shadow.',
    'What opens incidents and ranks services are the statistics of all traces, which no model changes: found faults, AC@1 and false alarms above are the same with and without them.',
  ];
}

function calibrationSection({ bins, confident, brier }: StreamsResult['calibration']): string[] {
  const rows = bins.filter(({ claims }) => claims > 0);
  return [
    '### Calibration of confidence',
    table(
      ['Confidence', 'Claims', 'Said on average', 'Right'],
      rows.map(({ from, to, claims, said, right }) => [
        `${share(from)}–${share(to)}`,
        String(claims),
        share(said),
        share(right),
      ]),
    ),
    `Of ${confident.claims} causes said with .8 or more, ${share(confident.right)} were right (said on average: ${share(confident.said)}). ` +
      `Brier score ${share(brier)}. Claims of false alarms count as wrong.`,
  ];
}

function oneTraceSections(sets: OneTraceResult): string[] {
  return [
    '## One slow trace of a simulated system, told',
    table(
      ['Families', 'Traces', 'Slow service named first', 'By an oracle'],
      sets.map(({ set, draws, right, oracle }) => [
        set === 'unseen' ? 'kept aside' : 'for development',
        String(draws),
        `${right} (${share(right / draws)})`,
        `${oracle} (${share(oracle / draws)})`,
      ]),
    ),
    'In one of 251 clean traces a service is delayed by five times IQR/1.349 of its own time. The oracle knows by how much, and how own times ' +
      'are spread, but not whom: what it gets wrong is a service that was as slow by itself in that trace.',
  ];
}
