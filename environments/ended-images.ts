import type { images } from '../constructs/images';

const redpanda =
  'its configuration is written and tried for 25.1, the release that the thesis names; a newer one is reached one feature release at a time';
const grafana =
  'dashboards and provisioning are written for 12.0, the release that is asked for; a newer one was not tried';

/** Images of release lines that get no fixes any more, by environment, with the reason why they are there all the same. */
export const endedImages: Readonly<Record<string, Partial<Record<keyof typeof images, string>>>> = {
  addon: { redpanda },
  enterprise: { grafana, redpanda },
  minimal: { grafana, redpanda },
  production: { grafana, redpanda },
  thesis: { grafana, redpanda },
};
