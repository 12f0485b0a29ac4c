import type { ListedVersion, LoggedMetric, Served } from '@plumbline/models';
import pc from 'picocolors';
import { formatTable } from '../output/table';

/** All versions, a line each, the newest first. */
export function formatVersions(versions: readonly ListedVersion[]): string {
  if (versions.length === 0) return 'No version is registered.';
  const head = ['version', 'state', 'serves as', 'recall', 'alarm rate', 'incidents', 'role', 'trained on traces of'];
  return formatTable(
    head,
    versions.map((version) => {
      const { manifest, state, aliases, approval } = version;
      const share = approval?.share === undefined || aliases.length === 0 ? '' : ` ${percent(approval.share)}`;
      return [
        version.version,
        state,
        `${aliases.join(', ')}${share}`,
        number(manifest.evaluation.scorers.combined.recall),
        String(manifest.evaluation.alarmRate),
        incidents(version),
        manifest.role,
        `${day(manifest.lineage.fromMs)} to ${day(manifest.lineage.throughMs)}`,
      ];
    }),
  );
}

/** What was measured of some versions, in a column each. */
export function formatBeside(columns: readonly { readonly title: string; readonly version: ListedVersion }[]): string {
  const rows: [string, (version: ListedVersion) => string][] = [
    ['recall', ({ manifest }) => number(manifest.evaluation.scorers.combined.recall)],
    ['  of the profile alone', ({ manifest }) => number(manifest.evaluation.scorers.profile.recall)],
    ['  gain, at least', ({ manifest }) => number(manifest.evaluation.gainLowerBound)],
    ['precision', ({ manifest }) => number(manifest.evaluation.scorers.combined.precision)],
    ['F1', ({ manifest }) => number(manifest.evaluation.scorers.combined.f1)],
    ['area under ROC', ({ manifest }) => number(manifest.evaluation.scorers.combined.auc)],
    ['at alarm rate', ({ manifest }) => String(manifest.evaluation.alarmRate)],
    ['incidents (profile)', incidents],
    ['role', ({ manifest }) => manifest.role],
    ['traces since', ({ manifest }) => day(manifest.lineage.fromMs)],
    ['traces until', ({ manifest }) => day(manifest.lineage.throughMs)],
  ];
  return formatTable(
    ['', ...columns.map(({ title, version }) => `${title} ${version.version}`.trim())],
    rows.map(([name, of]) => [name, ...columns.map(({ version }) => of(version))]),
  );
}

/** What serving logged of two versions, a line a number. */
export function formatLogged(
  columns: readonly { readonly title: string; readonly logged: Readonly<Record<string, LoggedMetric>> }[],
): string {
  const names = [...new Set(columns.flatMap(({ logged }) => Object.keys(logged)))].sort();
  if (names.length === 0) return 'Serving has logged nothing yet.';
  return formatTable(
    ['while serving', ...columns.map(({ title }) => title), 'as of'],
    names.map((name) => {
      const values = columns.map(({ logged }) => logged[name]);
      const newest = Math.max(...values.map((each) => each?.atMs ?? 0));
      return [
        name,
        ...values.map((each) => (each === undefined ? '-' : number(each.value))),
        new Date(newest).toISOString(),
      ];
    }),
  );
}

/** One version in full. */
export function formatVersion(version: ListedVersion, logged: Readonly<Record<string, LoggedMetric>>): string {
  const { manifest, approval } = version;
  const { lineage } = manifest;
  const lines = [
    `${pc.bold(version.version)}  ${[version.state, ...version.aliases].join(', ')}`,
    `files       ${version.source}`,
    `manifest    sha256 ${version.manifestSha256}`,
    `registered  ${new Date(version.registeredAtMs).toISOString()} by code ${lineage.code}, parent ${lineage.parent ?? 'none'}`,
    `features    ${manifest.featureSchema.slice(0, 12)}, against profile ${manifest.profile}`,
    `learnt      ${lineage.normalTraces} normal and ${lineage.anomalousTraces} anomalous traces, ${lineage.feedbackLabels} labels`,
    ...(approval === undefined
      ? []
      : [
          `approved    as ${approval.as} by ${approval.by} on ${new Date(approval.atMs).toISOString()}, from ${new Date(approval.effectiveFromMs).toISOString()} on`,
        ]),
    ...(approval?.despite === undefined
      ? []
      : [`despite     ${approval.objections?.join('; ') ?? ''}`, `because     ${approval.despite}`]),
    ...Object.entries({ ...manifest.parameters, ...version.metrics }).map(([name, value]) => `  ${name} = ${value}`),
  ];
  return [lines.join('\n'), formatBeside([{ title: '', version }]), formatLogged([{ title: 'value', logged }])].join(
    '\n\n',
  );
}

/** Who serves from when on. */
export function formatServed({ champion, challenger }: Served): string {
  const since = (ms: number) => `from ${new Date(ms).toISOString()} on`;
  const first =
    champion === undefined
      ? 'No champion: the profile decides alone.'
      : `Champion ${champion.version} ${since(champion.effectiveFromMs)}${champion.decides ? '' : ', in the shadow: it decides nothing'}.`;
  if (challenger === undefined) return first;
  const { version, share, effectiveFromMs } = challenger;
  return `${first}\nChallenger ${version} for ${percent(share)} of traces ${since(effectiveFromMs)}.`;
}

function incidents({ manifest: { backtest } }: ListedVersion): string {
  return backtest === undefined ? '-' : `${backtest.incidents} (${backtest.incidentsOfProfile})`;
}

function number(value: number): string {
  return String(Math.round(value * 10_000) / 10_000);
}

function percent(share: number): string {
  return `${number(share * 100)} %`;
}

function day(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}
