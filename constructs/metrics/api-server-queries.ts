import { quantile, rate, ratio } from '../core/promql';
import { apiServerJob } from './api-server-discovery';

/* What alerts and the dashboard of API servers ask alike. */

export const apiServers = `job="${apiServerJob}"`;

/** Share of the requests that end with an error of the server. */
export function apiServerErrors(range: string): string {
  const requests = (matchers: string) => rate(`apiserver_request_total{${apiServers}${matchers}}`, range, 'job');
  return ratio(requests(', code=~"5.."'), requests(''));
}

/**
 * How long all but a hundredth of the requests take, by verb. What follows a log or a process takes as long as who asks wants.
 *
 * @param verbs regular expression
 */
export function apiServerDuration(range: string, verbs: string): string {
  const of = `${apiServers}, verb=~"${verbs}", subresource!~"log|proxy|exec|attach|portforward"`;
  return quantile(0.99, `apiserver_request_duration_seconds_bucket{${of}}`, range, 'verb');
}

/** Time that the certificate is still valid for with which a client in a hundred logs in, seconds. */
export function clientCertificates(range: string): string {
  return quantile(0.01, `apiserver_client_certificate_expiration_seconds_bucket{${apiServers}}`, range, 'job');
}
