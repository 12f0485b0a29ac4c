import { Duration } from 'cdk8s';
import type { Alert } from './alert';

/**
 * That no pod of a scrape job answers: also when there is no pod, and so nothing to be read.
 *
 * @param product as the alert is named after it: `Tempo`
 * @param consequence what people miss meanwhile, a sentence
 */
export function downAlert(product: string, job: string, consequence: string): Alert {
  return {
    name: `${product}Down`,
    expr: `absent(up{job="${job}"} == 1)`,
    for: Duration.minutes(5),
    severity: 'critical',
    labels: { job },
    summary: `No pod of ${job} answers`,
    description: consequence,
  };
}
