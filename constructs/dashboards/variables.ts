import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  CustomVariableBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  TextBoxVariableBuilder,
  VariableRefresh,
  VariableSort,
  type VariableModel,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { signalSources, type SignalKind } from '../core/data-source';

/**
 * Which store a query goes to: a choice on the dashboard, as a component does not know who shows it. Chosen at first is the store that our
 * Grafana knows under {@link signalSources}; a Grafana that knows none of that uid takes the first of the kind.
 */
export function sourceReference(signal: SignalKind): { readonly type: string; readonly uid: string } {
  return { type: signalSources[signal].type, uid: `\${${signal}}` };
}

/** The choice of a store. */
export function sourceVariable(signal: SignalKind): Builder<VariableModel> {
  const { name, uid, type } = signalSources[signal];
  return new DatasourceVariableBuilder(signal)
    .label(labels[signal])
    .type(type)
    .current({ selected: true, text: name, value: uid });
}

const labels: Readonly<Record<SignalKind, string>> = { metrics: 'Metrics', logs: 'Logs', traces: 'Traces' };

/** A choice among the values of a label. In an expression it is a regular expression: `service=~"$service"`. */
export interface LabelVariable {
  /** As expressions name it, without its dollar sign. */
  readonly name: string;
  /** As people see it. */
  readonly title: string;
  /** Of whose series or streams: a selector. */
  readonly series: string;
  /** @default - as `name` */
  readonly label?: string;
  /** What all values are, as a regular expression. @default '.+' */
  readonly all?: string;
  /** @default 'metrics' */
  readonly source?: Exclude<SignalKind, 'traces'>;
}

/** All values at first; several can be chosen. */
export function labelVariable({
  name,
  title,
  series,
  label = name,
  all = '.+',
  source = 'metrics',
}: LabelVariable): Builder<VariableModel> {
  const asked = `label_values(${series}, ${label})`;
  return new QueryVariableBuilder(name)
    .label(title)
    .datasource(sourceReference(source))
    .query(
      source === 'metrics'
        ? { qryType: 1, query: asked, refId: name }
        : { type: 1, stream: series, label, refId: name },
    )
    .definition(asked)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.NaturalAsc)
    .multi(true)
    .includeAll(true)
    .allValue(all)
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

/** A choice among given values, all of them at first; several can be chosen. In an expression it is a regular expression. */
export function choiceVariable(name: string, title: string, values: readonly string[]): Builder<VariableModel> {
  return new CustomVariableBuilder(name)
    .label(title)
    .values(values.join(','))
    .options(values.map((value) => ({ selected: false, text: value, value })))
    .multi(true)
    .includeAll(true)
    .allValue('.*')
    .current({ selected: true, text: ['All'], value: ['$__all'] });
}

/** Words that people write, or a number. @param initial what is there at first. @default - nothing */
export function textVariable(name: string, title: string, initial = ''): Builder<VariableModel> {
  return new TextBoxVariableBuilder(name)
    .label(title)
    .defaultValue(initial)
    .current({ selected: true, text: initial, value: initial });
}
