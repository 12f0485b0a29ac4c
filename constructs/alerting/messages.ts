import { InvalidPropError } from '../core/errors';

/** How messages to people are written, in templates of Alertmanager. */
export interface MessageProps {
  /**
   * One line: title in Slack and Discord, description in PagerDuty, subject of mail.
   *
   * @default - the alert and how severe it is, and whether it is over; PagerDuty and mail have Alertmanager's own
   */
  readonly title?: string;
  /**
   * What stands below it, in Slack and Discord.
   *
   * @default - of each alert summary, description and runbook
   */
  readonly text?: string;
  /**
   * Templates that `title` and `text` use, by the name of their file: `{ acme: '{{ define "acme.title" }}…{{ end }}' }`.
   *
   * @default - none but Alertmanager's own
   * @see https://prometheus.io/docs/alerting/latest/notification_examples/
   */
  readonly templates?: Readonly<Record<string, string>>;
}

/** {@link MessageProps} with its defaults. */
export interface Messages {
  readonly title: string;
  readonly text: string;
  /** Title of who has one of Alertmanager's own. @default - that one */
  readonly ownTitle?: string;
  /** Contents of files by their names. */
  readonly files: Readonly<Record<string, string>>;
}

/** What files of templates are called in the folder of the configuration. */
export const templatesPattern = '*.tmpl';

const headline =
  '{{ if eq .Status "resolved" }}Over: {{ end }}{{ .CommonLabels.alertname }}{{ with .CommonLabels.severity }} ({{ . }}){{ end }}';
const body = [
  '{{ range .Alerts }}{{ .Annotations.summary }}',
  '{{ .Annotations.description }}',
  '{{ .Annotations.runbook_url }}',
  '{{ end }}',
].join('\n');

/** @throws {InvalidPropError} for a name that no file has, and for a template that is not closed: Alertmanager would not start */
export function messagesOf(path: string, { title, text, templates = {} }: MessageProps = {}): Messages {
  for (const [name, value] of Object.entries({ title, text }))
    if (value !== undefined) closed(`${path}.${name}`, value);
  for (const [name, value] of Object.entries(templates)) {
    if (!/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/.test(name))
      throw new InvalidPropError(`${path}.templates`, name, 'a name of small letters, digits and hyphens');
    closed(`${path}.templates.${name}`, value);
    if (!/\{\{-?\s*define\s/.test(value))
      throw new InvalidPropError(
        `${path}.templates.${name}`,
        value,
        'with a {{ define "…" }}: nothing else of it is used',
      );
  }
  return {
    title: title ?? headline,
    text: text ?? body,
    ...(title !== undefined && { ownTitle: title }),
    files: Object.fromEntries(Object.entries(templates).map(([name, value]) => [`${name}.tmpl`, value])),
  };
}

/** As many of its actions begin as end, one after the other. */
function closed(prop: string, template: string): void {
  const rest = template.replace(/\{\{(?:(?!\{\{|\}\})[^])*\}\}/g, '');
  if (/\{\{|\}\}/.test(rest)) throw new InvalidPropError(prop, template, 'a template of which every {{ has a }}');
}
