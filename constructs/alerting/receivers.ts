import type { Construct } from 'constructs';
import type { Connection } from '../core/connection';
import { defined } from '../core/defined';
import { Endpoint } from '../core/endpoint';
import { InvalidPropError } from '../core/errors';
import { validName } from '../core/naming';
import { SecretRef } from '../core/secret-ref';
import { GeneratedSecret, SecretSource } from '../core/secret-source';
import type { Workload } from '../core/workload';

/** A program that is told by HTTP, as Alertmanager writes it. */
export interface WebhookProps {
  /** Where it is: `Endpoint.external('hooks.example.org', 443, { scheme: 'https' })`, or a port of a component. */
  readonly endpoint: Endpoint;
  /** Path at the endpoint. @default - the whole URL is in the Secret, key `webhook-url`: often it is what lets one in */
  readonly path?: string;
}

/** A service whose address is known, but not which ranges are behind it. */
export interface ServiceOfOthers {
  /** What policies let it connect to, as with `ranges` of a proxy. @default - the service at port 443, at any address */
  readonly endpoint?: Endpoint;
}

/**
 * Who is told, in every way that is given here. What is secret is in one Secret `<alertmanager>-<receiver>`, in the keys that are named
 * below; Alertmanager reads it as files.
 */
export interface ReceiverProps {
  /** The Secret has `slack-url`, of an incoming webhook. */
  readonly slack?: ServiceOfOthers & { readonly channel: string };
  /** The Secret has `pagerduty-routing-key`, of an integration by Events API v2. */
  readonly pagerDuty?: ServiceOfOthers;
  /** The Secret has `discord-url`, of a webhook. */
  readonly discord?: ServiceOfOthers;
  readonly webhook?: WebhookProps;
  /** Mail, by the `smtp` of the Alertmanager. */
  readonly email?: { readonly to: string };
  /** Whether people are told that it is over, too. @default true */
  readonly resolved?: boolean;
  /** Where the Secret comes from. @default SecretSource.existing() */
  readonly secrets?: SecretSource;
  /**
   * Whether Alertmanager starts before the Secret is there. Until then this one is told of nothing, which is an alert itself; once it is
   * there, nothing has to be restarted.
   *
   * @default false
   */
  readonly secretMayFollow?: boolean;
}

/** The server that takes mail. */
export interface SmtpProps {
  /** `Endpoint.external('smtp.example.org', 587)`. */
  readonly endpoint: Endpoint;
  /** Address that mail is from. */
  readonly from: string;
  /** Name to log in with; the Secret `<alertmanager>-smtp` has `password`. @default - it is not asked for one */
  readonly username?: string;
  /** Where the Secret comes from. @default SecretSource.existing() */
  readonly secrets?: SecretSource;
}

/** A receiver, with the files of its Secret in place and the ways to whom it tells open. */
export interface ConnectedReceiver {
  readonly name: string;
  readonly props: ReceiverProps;
  readonly connections: Readonly<Partial<Record<Way, Connection>>>;
  /** Path of a key of its Secret. */
  readonly file: (key: SecretKey) => string;
}

/** {@link SmtpProps}, with the file of its Secret in place and the way open. */
export interface ConnectedSmtp {
  readonly props: SmtpProps;
  readonly connection: Connection;
  readonly passwordFile: string;
}

export const ways = ['slack', 'pagerDuty', 'discord', 'webhook', 'email'] as const;
type Way = (typeof ways)[number];
type SecretKey = 'slack-url' | 'pagerduty-routing-key' | 'discord-url' | 'webhook-url';

/** Beside the folder of the configuration: within it, nothing can be mounted. */
const secretFolder = '/etc/alertmanager-secrets';
const services = { slack: 'hooks.slack.com', pagerDuty: 'events.pagerduty.com', discord: 'discord.com' } as const;

/** @throws {InvalidPropError} if nobody would be told, or a Secret would be made of random values */
export function connectReceiver(
  scope: Construct,
  workload: Workload,
  name: string,
  props: ReceiverProps,
): ConnectedReceiver {
  const prop = `${scope.node.path}.receivers.${name}`;
  validName(prop, name);
  if (ways.every((way) => props[way] === undefined))
    throw new InvalidPropError(prop, props, `a way to tell anybody: ${ways.join(', ')}`);
  const { slack, pagerDuty, discord, webhook } = props;
  const keys: readonly SecretKey[] = [
    ...(slack === undefined ? [] : ['slack-url' as const]),
    ...(pagerDuty === undefined ? [] : ['pagerduty-routing-key' as const]),
    ...(discord === undefined ? [] : ['discord-url' as const]),
    ...(webhook === undefined || webhook.path !== undefined ? [] : ['webhook-url' as const]),
  ];
  const folder = mountSecret(scope, workload, { name, keys, ...props });
  const connections: Partial<Record<Way, Connection>> = {};
  for (const [way, host] of Object.entries(services) as [keyof typeof services, string][]) {
    const told = props[way];
    if (told === undefined) continue;
    connections[way] = workload.connectTo(told.endpoint ?? Endpoint.external(host, 443, { scheme: 'https' }));
  }
  if (webhook !== undefined) connections.webhook = workload.connectTo(webhook.endpoint);
  return { name, props, connections, file: (key) => `${folder}/${key}` };
}

export function connectSmtp(scope: Construct, workload: Workload, props: SmtpProps): ConnectedSmtp {
  const keys = props.username === undefined ? [] : ['password'];
  const folder = mountSecret(scope, workload, { name: 'smtp', keys, ...defined({ secrets: props.secrets }) });
  return { props, connection: workload.connectTo(props.endpoint), passwordFile: `${folder}/password` };
}

/** @returns the folder that has a file of each key */
function mountSecret(
  scope: Construct,
  workload: Workload,
  mounted: { readonly name: string; readonly keys: readonly string[] } & Pick<
    ReceiverProps,
    'secrets' | 'secretMayFollow'
  >,
): string {
  const { name, keys, secrets: source = SecretSource.existing(), secretMayFollow: optional = false } = mounted;
  const folder = `${secretFolder}/${name}`;
  const prop = `${scope.node.path}: secrets of ${name}`;
  if (source instanceof GeneratedSecret)
    throw new InvalidPropError(
      prop,
      source.kind,
      'what another service gives: SecretSource.existing() or .external(…)',
    );
  if (keys.length === 0) return folder;
  const secret = new SecretRef(scope, `secret-${name}`, {
    name: `${workload.name}-${name}`,
    keys: Object.fromEntries(keys.map((key) => [key, { kind: 'password' }])),
    source,
    optional,
  });
  workload.mount(workload.addSecret(`secret-${name}`, secret), folder);
  return folder;
}
