import type { Incident } from '@plumbline/wire';
import { z } from 'zod';
import type { NotificationConfig } from './config';
import { deliver, DeliveryError, type DeliveryOptions } from './deliver';
import { renderDiscord } from './render/discord';
import { linksOf, type LinkBases } from './render/links';
import { renderPagerDuty } from './render/pagerduty';
import { renderSlack } from './render/slack';
import { renderText } from './render/text';

/** What was last sent to a channel about an incident. */
export interface Delivered {
  readonly revision: number;
  readonly state: Incident['state'];
  readonly severity: Incident['severity'];
  readonly cause: string;
  /** The channel's own id of the message, where it can be edited. */
  readonly reference?: string;
}

/** A place messages go to. */
export interface Channel {
  readonly name: string;
  /** Whether the incident is for this channel at all. */
  wants(incident: Incident): boolean;
  /** Whether this revision is worth a message after what was sent before. */
  worthSending(incident: Incident, before: Delivered | undefined): boolean;
  /**
   * Sends or edits the message.
   *
   * @returns the channel's id of the message, where it has one
   * @throws {DeliveryError}
   */
  send(incident: Incident, before: Delivered | undefined): Promise<string | undefined>;
}

/** Channels in the configuration; the printing one when there is no other. */
export function channelsOf(config: NotificationConfig, print: (text: string) => void): Channel[] {
  const bases: LinkBases = {
    ...(config.GRAFANA_URL === undefined ? {} : { grafanaUrl: config.GRAFANA_URL }),
    ...(config.CONSOLE_URL === undefined ? {} : { consoleUrl: config.CONSOLE_URL }),
    ...(config.RUNBOOK_URL === undefined ? {} : { runbookUrl: config.RUNBOOK_URL }),
  };
  const options: DeliveryOptions = { attempts: config.DELIVERY_ATTEMPTS };
  const channels: Channel[] = [];
  if (config.DISCORD_WEBHOOK_URL !== undefined) channels.push(discord(config.DISCORD_WEBHOOK_URL, bases, options));
  if (config.SLACK_WEBHOOK_URL !== undefined) {
    channels.push(slack(config.SLACK_WEBHOOK_URL, config.SLACK_ENVIRONMENTS, bases, options));
  }
  if (config.PAGERDUTY_ROUTING_KEY !== undefined) {
    const target = { url: config.PAGERDUTY_EVENTS_URL, routingKey: config.PAGERDUTY_ROUTING_KEY };
    channels.push(pagerDuty(target, config.PAGERDUTY_SEVERITIES, bases, options));
  }
  return channels.length > 0 ? channels : [printing(bases, print)];
}

const severityOrder: readonly Incident['severity'][] = ['low', 'high', 'critical'];

/** Opened, resolved, another first cause, or more severe: what a person wants to be told. */
function isNews(incident: Incident, before: Delivered | undefined): boolean {
  return (
    before === undefined ||
    incident.state !== before.state ||
    (incident.causes[0]?.service ?? '') !== before.cause ||
    severityOrder.indexOf(incident.severity) > severityOrder.indexOf(before.severity)
  );
}

const messageId = z.object({ id: z.string().regex(/^\d{1,32}$/) });

/** One message an incident: posted, then edited in place (an edit notifies nobody), posted anew when it was deleted. */
function discord(webhookUrl: string, bases: LinkBases, options: DeliveryOptions): Channel {
  const post = async (body: unknown) => {
    const url = new URL(webhookUrl);
    url.searchParams.set('wait', 'true');
    const response = await deliver({ method: 'POST', url: url.toString(), body }, options);
    try {
      return messageId.parse(JSON.parse(response.body)).id;
    } catch {
      return undefined;
    }
  };
  return {
    name: 'discord',
    wants: () => true,
    worthSending: (incident, before) => before?.reference !== undefined || isNews(incident, before),
    send: async (incident, before) => {
      const body = renderDiscord(incident, linksOf(incident, bases));
      if (before?.reference === undefined) return post(body);
      const url = new URL(webhookUrl);
      url.pathname = `${url.pathname.replace(/\/+$/, '')}/messages/${before.reference}`;
      try {
        await deliver({ method: 'PATCH', url: url.toString(), body }, options);
        return before.reference;
      } catch (error) {
        if (error instanceof DeliveryError && error.status === 404) return post(body);
        throw error;
      }
    },
  };
}

/** Webhooks cannot edit, so only news is posted. */
function slack(url: string, environments: readonly string[], bases: LinkBases, options: DeliveryOptions): Channel {
  return {
    name: 'slack',
    wants: (incident) => environments.includes(incident.environment),
    worthSending: isNews,
    send: async (incident) => {
      await deliver({ method: 'POST', url, body: renderSlack(incident, linksOf(incident, bases)) }, options);
      return undefined;
    },
  };
}

/** One alert an incident by its dedup key; triggered again only with news, resolved once it was triggered. */
function pagerDuty(
  target: { readonly url: string; readonly routingKey: string },
  severities: readonly string[],
  bases: LinkBases,
  options: DeliveryOptions,
): Channel {
  return {
    name: 'pagerduty',
    wants: (incident) => incident.state === 'resolved' || severities.includes(incident.severity),
    worthSending: (incident, before) =>
      incident.state === 'resolved' ? before?.state === 'open' : isNews(incident, before),
    send: async (incident) => {
      const body = renderPagerDuty(incident, linksOf(incident, bases), target.routingKey);
      await deliver({ method: 'POST', url: target.url, body }, options);
      return undefined;
    },
  };
}

function printing(bases: LinkBases, print: (text: string) => void): Channel {
  return {
    name: 'print',
    wants: () => true,
    worthSending: isNews,
    send: (incident) => {
      print(renderText(incident, linksOf(incident, bases)));
      return Promise.resolve(undefined);
    },
  };
}
