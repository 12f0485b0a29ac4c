import type { Incident } from '@plumbline/wire';
import { cut, isoSeconds, listWithin } from './limits';
import type { IncidentLinks } from './links';
import { affectedNames, causeLine } from './text';

const colours = { open: 15158332, resolved: 3066993 } as const;

/** Body of a Discord webhook. */
export interface DiscordMessage {
  readonly username: string;
  /** Nobody is mentioned, whatever a service is called. */
  readonly allowed_mentions: { readonly parse: readonly string[] };
  readonly embeds: readonly [
    {
      readonly title: string;
      readonly color: number;
      readonly fields: readonly { readonly name: string; readonly value: string; readonly inline: boolean }[];
      readonly timestamp: string;
    },
  ];
}

/** One embed: title, Root Cause, Affected Services, Trace Link, timestamp. Limits: title 256, field 1024 characters. */
export function renderDiscord(incident: Incident, links: IncidentLinks): DiscordMessage {
  const heading = incident.state === 'resolved' ? '✅ Resolved' : '🚨 Anomaly Detected';
  const field = (name: string, value: string) => ({ name, value: cut(value, 1024), inline: false });
  return {
    username: 'AIOps RCA Bot',
    allowed_mentions: { parse: [] },
    embeds: [
      {
        title: cut(`${heading}: ${incident.title}`, 256),
        color: colours[incident.state],
        fields: [
          field('Root Cause', escapeMarkdown(causeLine(incident))),
          field('Affected Services', escapeMarkdown(listWithin(affectedNames(incident), 500))),
          field('Trace Link', traceLink(incident, links)),
        ],
        timestamp: isoSeconds(incident.resolvedAtMs ?? incident.startedAtMs),
      },
    ],
  };
}

function traceLink(incident: Incident, links: IncidentLinks): string {
  if (links.trace !== undefined) return `[View in Grafana](${links.trace})`;
  if (links.incident !== undefined) return `[View in Plumbline](${links.incident})`;
  return incident.traces[0]?.traceId ?? 'no trace was stored';
}

function escapeMarkdown(text: string): string {
  return text.replace(/[\\*_~`|>[\]()]/g, '\\$&');
}
