import { environmentKeys } from '@plumbline/contracts';
import { z } from 'zod';

const url = z.url({ protocol: /^https?$/ });
/** A setting that is present but empty, as an optional Secret leaves it, is absent. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.optional());

/** Settings of the notification worker. Every channel is optional; without any, messages are printed and kept. */
export const notificationConfig = z.object({
  [environmentKeys.discordWebhookUrl]: optional(url),
  [environmentKeys.slackWebhookUrl]: optional(url),
  [environmentKeys.pagerDutyRoutingKey]: optional(z.string().min(1).max(256)),
  /** Only for tests and proxies. */
  PAGERDUTY_EVENTS_URL: url.default('https://events.pagerduty.com/v2/enqueue'),
  [environmentKeys.grafanaUrl]: optional(url),
  [environmentKeys.consoleUrl]: optional(url),
  [environmentKeys.runbookUrl]: optional(url),
  /** Slack gets incidents of these values of `deployment.environment.name`. */
  SLACK_ENVIRONMENTS: z
    .string()
    .default('production,prod')
    .transform((list) => list.split(',').map((name) => name.trim())),
  /** PagerDuty gets incidents of these severities. */
  PAGERDUTY_SEVERITIES: z
    .string()
    .default('critical')
    .transform((list) => list.split(',').map((name) => name.trim())),
  /** Attempts of one delivery before it is put off to the next round. */
  DELIVERY_ATTEMPTS: z.coerce.number().int().min(1).max(20).default(5),
});

export type NotificationConfig = z.infer<typeof notificationConfig>;
