import { Duration } from 'cdk8s';
import { defined, whereGiven } from '../core/defined';
import type { ServerTls } from '../core/server-tls';
import { tlsSection } from '../core/tls-settings';
import { prometheusTlsNames } from '../metrics/prometheus-config';
import { deadmanAlert } from './alertmanager-alerts';
import type { Messages } from './messages';
import type { ConnectedReceiver, ConnectedSmtp } from './receivers';
import { reserved, type AlertRoute, type GroupingProps, type TimeInterval, type TimeIntervals } from './routing';

/** What an {@link alertmanagerConfig} depends on. */
export interface AlertmanagerConfigOptions {
  readonly receivers: readonly ConnectedReceiver[];
  /** Name of the receiver of what no route takes. */
  readonly otherwise: string;
  /** In this order; the first that fits decides. */
  readonly routes: readonly AlertRoute[];
  readonly grouping?: GroupingProps;
  /** That routes name. @default - none */
  readonly timeIntervals?: TimeIntervals;
  /** Who waits to be told again and again. @default - nobody does */
  readonly deadman?: ConnectedReceiver;
  /** @default - no receiver is told by mail */
  readonly smtp?: ConnectedSmtp;
  readonly messages: Messages;
  /** Where files of templates are. @default - there are none */
  readonly templates?: string;
}

/**
 * Configuration of Alertmanager 0.33. No variable is expanded in it, so secrets are paths of files.
 *
 * @see https://prometheus.io/docs/alerting/latest/configuration/
 */
export function alertmanagerConfig(options: AlertmanagerConfigOptions): object {
  const { receivers, otherwise, routes, grouping = {}, timeIntervals, deadman, smtp, messages, templates } = options;
  const { by = ['alertname', 'job', 'service'] } = grouping;
  return {
    ...whereGiven(smtp, (server) => ({ global: mailSettings(server) })),
    ...whereGiven(templates, (files) => ({ templates: [files] })),
    route: {
      receiver: otherwise,
      group_by: by,
      group_wait: time(grouping.wait ?? Duration.seconds(30)),
      group_interval: time(grouping.interval ?? Duration.minutes(5)),
      repeat_interval: time(grouping.repeat ?? Duration.hours(4)),
      routes: [
        ...(deadman === undefined ? [] : [deadmanRoute]),
        { receiver: reserved.nobody, matchers: [is('severity', 'info')] },
        ...routes.map(routed),
      ],
    },
    inhibit_rules: inhibitions,
    ...whereGiven(timeIntervals, (intervals) => ({
      time_intervals: Object.entries(intervals).map(([name, each]) => ({ name, time_intervals: each.map(interval) })),
    })),
    receivers: [
      ...receivers.map((each) => received(each, messages)),
      ...(deadman === undefined ? [] : [received(deadman, messages)]),
      { name: reserved.nobody },
    ],
  };
}

/**
 * How members tell each other of silences, and of what people were told: each shows its certificate, and only that of a member is taken, of all
 * that the authority signed. All of it goes by TCP then, and each dials others by address, so the name is said.
 *
 * @param member a name that the certificate of every member is for, and of nobody else
 * @see https://prometheus.io/docs/alerting/latest/https/#gossip-traffic
 */
export function clusterTlsConfig(
  { caFile, certFile, keyFile }: ServerTls & { readonly caFile: string },
  member: string,
): object {
  const own = { cert_file: certFile, key_file: keyFile };
  return {
    tls_server_config: {
      ...own,
      client_ca_file: caFile,
      client_auth_type: 'RequireAndVerifyClientCert',
      client_allowed_sans: [member],
    },
    tls_client_config: { ...own, ca_file: caFile, server_name: member },
  };
}

/** A service that expects a message each minute tells people when none comes. */
const deadmanRoute = {
  receiver: reserved.deadman,
  matchers: [is('alertname', deadmanAlert)],
  group_wait: '0s',
  group_interval: '1m',
  repeat_interval: '1m',
};

/**
 * What is critical silences the warnings of the same: of the same job, and of the same service. A label that neither has would count as
 * equal, hence a rule for each.
 */
const inhibitions = ['job', 'service'].map((label) => ({
  source_matchers: [is('severity', 'critical'), `${label}!=""`],
  target_matchers: [is('severity', 'warning')],
  equal: [label],
}));

function routed({ receiver, severity, team, repeat, mutedDuring, activeDuring }: AlertRoute): object {
  const matchers = Object.entries(defined({ severity, team })).map(([label, value]) => is(label, value));
  return {
    receiver,
    matchers,
    ...defined({
      repeat_interval: repeat && time(repeat),
      mute_time_intervals: mutedDuring,
      active_time_intervals: activeDuring,
    }),
  };
}

function interval({ times, weekdays, daysOfMonth, months, years, location }: TimeInterval): object {
  return defined({
    times: times?.map(({ from, to }) => ({ start_time: from, end_time: to })),
    weekdays,
    days_of_month: daysOfMonth,
    months,
    years,
    location,
  });
}

function received({ name, props, connections, file }: ConnectedReceiver, { title, text, ownTitle }: Messages): object {
  const { slack, pagerDuty, discord, webhook, email, resolved: send_resolved = true } = props;
  return {
    name,
    ...whereGiven(slack, ({ channel }) => ({
      slack_configs: [{ send_resolved, api_url_file: file('slack-url'), channel, title, text }],
    })),
    ...whereGiven(pagerDuty, ({ endpoint }) => ({
      pagerduty_configs: [
        {
          send_resolved,
          routing_key_file: file('pagerduty-routing-key'),
          severity: '{{ or .CommonLabels.severity "error" }}',
          ...defined({ description: ownTitle, url: endpoint && `${endpoint.address}/v2/enqueue` }),
        },
      ],
    })),
    ...whereGiven(discord, () => ({
      discord_configs: [{ send_resolved, webhook_url_file: file('discord-url'), title, message: text }],
    })),
    ...whereGiven(webhook, ({ path }) => ({
      webhook_configs: [
        {
          send_resolved,
          ...(path === undefined
            ? { url_file: file('webhook-url') }
            : { url: `${connections.webhook?.url ?? ''}${path}` }),
          ...whereGiven(tlsOf(connections.webhook), (http_config) => ({ http_config })),
        },
      ],
    })),
    ...whereGiven(email, ({ to }) => ({
      email_configs: [{ send_resolved, to, ...whereGiven(ownTitle, (Subject) => ({ headers: { Subject } })) }],
    })),
  };
}

function tlsOf(connection: ConnectedReceiver['connections']['webhook']): object | undefined {
  const section = tlsSection('tls_config', connection?.tls, prometheusTlsNames);
  return Object.keys(section).length === 0 ? undefined : section;
}

function mailSettings({ props: { from, username }, connection, passwordFile }: ConnectedSmtp): object {
  return {
    smtp_smarthost: connection.authority,
    smtp_from: from,
    ...whereGiven(username, (smtp_auth_username) => ({ smtp_auth_username, smtp_auth_password_file: passwordFile })),
    ...tlsSection('smtp_tls_config', connection.tls, prometheusTlsNames),
  };
}

/** A matcher; the value is quoted, as labels may have any character. */
function is(label: string, value: string): string {
  return `${label}=${JSON.stringify(value)}`;
}

function time(duration: Duration): string {
  return `${duration.toSeconds()}s`;
}
