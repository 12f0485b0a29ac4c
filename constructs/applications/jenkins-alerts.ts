import { Duration } from 'cdk8s';
import type { Alert } from '../core/alert';
import { downAlert } from '../core/down-alert';
import { buildsEnded, buildsFailing, queue } from './jenkins-queries';

/**
 * What of a Jenkins people should know, by its plugin `prometheus` 2.5 and the plugin `metrics` that comes with it.
 *
 * @param job its scrape job
 * @param prefix what the plugin puts before its own series
 */
export function jenkinsAlerts(job: string, prefix: string): readonly Alert[] {
  const of = `job="${job}"`;
  return [
    downAlert(
      'Jenkins',
      job,
      'It is down, cannot be reached, refuses the credentials, or its plugin `prometheus` is away.',
    ),
    {
      name: 'JenkinsPluginAway',
      // It answers, and with something else: with its page, or after an update without the plugin that it needs.
      expr: `up{${of}} == 1 unless on (job, instance) ${prefix}_jenkins_up{${of}}`,
      for: Duration.minutes(10),
      severity: 'warning',
      runbook: 'JenkinsDown',
      summary: 'The Jenkins of {{ $labels.job }} answers without the metrics of its plugin',
      description: 'Nothing is known of builds and agents. Another prefix, or a path that is not that of the plugin.',
    },
    {
      name: 'JenkinsPluginsFailed',
      expr: `jenkins_plugins_failed{${of}} > 0`,
      for: Duration.minutes(10),
      severity: 'warning',
      summary: '{{ $value }} plugins of the Jenkins of {{ $labels.job }} were not loaded',
      description: 'After an update they do not fit each other. Builds that use them fail.',
    },
    {
      name: 'JenkinsQueueLong',
      expr: `${queue(of)} > 10`,
      for: Duration.minutes(15),
      severity: 'warning',
      summary: '{{ $value }} builds wait in the Jenkins of {{ $labels.job }}',
      description: 'There are too few executors, agents are away, or a build holds what others wait for.',
    },
    {
      name: 'JenkinsBuildsFailing',
      expr: `${buildsFailing(of, prefix, '6h')} > 0.5\nand\n${buildsEnded(of, prefix, '6h')} >= 3`,
      for: Duration.minutes(5),
      severity: 'warning',
      summary: '{{ $value | humanizePercentage }} of the builds of {{ $labels.jenkins_job }} fail',
      description: 'Of at least three within six hours: what they build does not get out.',
    },
    {
      name: 'JenkinsExecutorsOffline',
      expr: `jenkins_node_offline_value{${of}} > 0`,
      for: Duration.minutes(15),
      severity: 'warning',
      runbook: 'JenkinsQueueLong',
      summary: '{{ $value }} agents of the Jenkins of {{ $labels.job }} are away, with their executors',
      description: 'Builds that need them wait.',
    },
  ];
}
