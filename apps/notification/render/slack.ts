import type { Incident } from '@plumbline/wire';
import { cut, listWithin } from './limits';
import type { IncidentLinks } from './links';
import { affectedNames, causeLine } from './text';

type Text = { readonly type: 'plain_text' | 'mrkdwn'; readonly text: string };
type Block =
  | { readonly type: 'header'; readonly text: Text }
  | { readonly type: 'section'; readonly text?: Text; readonly fields?: readonly Text[] }
  | { readonly type: 'context'; readonly elements: readonly Text[] };

/** Body of a Slack webhook. */
export interface SlackMessage {
  /** What notifications show. */
  readonly text: string;
  readonly blocks: readonly Block[];
}

/**
 * Blocks: header (150 characters), cause with evidence (3000), fields (2000 each), links. All in all below 8,000
 * characters: Slack refuses somewhat larger messages without saying so clearly.
 */
export function renderSlack(incident: Incident, links: IncidentLinks): SlackMessage {
  const heading = incident.state === 'resolved' ? '✅ Resolved' : '🚨 Anomaly Detected';
  const evidence = incident.causes[0]?.evidence.slice(0, 3).map((item) => `• ${escapeSlack(cut(item.sentence, 500))}`);
  const since = Math.floor(incident.startedAtMs / 1000);
  const field = (name: string, value: string): Text => mrkdwn(`*${name}*\n${value}`);
  const linked = [
    links.trace === undefined ? undefined : `<${links.trace}|View in Grafana>`,
    links.incident === undefined ? undefined : `<${links.incident}|Incident>`,
    links.runbook === undefined ? undefined : `<${links.runbook}|Runbook>`,
  ].filter((link) => link !== undefined);
  return {
    text: cut(`${heading}: ${escapeSlack(incident.title)}`, 300),
    blocks: [
      { type: 'header', text: { type: 'plain_text', text: cut(`${heading}: ${incident.title}`, 150) } },
      {
        type: 'section',
        text: mrkdwn([`*Root Cause*: ${escapeSlack(cut(causeLine(incident), 500))}`, ...(evidence ?? [])].join('\n')),
      },
      {
        type: 'section',
        fields: [
          field('Affected Services', escapeSlack(listWithin(affectedNames(incident), 1000))),
          field('Severity', incident.severity),
          field(
            'Since',
            `<!date^${since}^{date_short_pretty} {time_secs}|${new Date(incident.startedAtMs).toISOString()}>`,
          ),
          field('Traces', `${incident.anomalousTraces} of ${incident.totalTraces} anomalous`),
        ],
      },
      ...(linked.length > 0 ? [{ type: 'context' as const, elements: [mrkdwn(linked.join('  ·  '))] }] : []),
    ],
  };
}

function mrkdwn(text: string): Text {
  return { type: 'mrkdwn', text };
}

function escapeSlack(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
