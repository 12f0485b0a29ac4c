import type { AlertCase, TestSeries } from '../core/alert-case.testing';

const at = 'job="jenkins", instance="jenkins.example.org:443"';
const labels = { job: 'jenkins', instance: 'jenkins.example.org:443', severity: 'warning' };
const series = (name: string, values: string): TestSeries => ({ [`${name}{${at}}`]: values });
const builds = (failed: string, succeeded: string): TestSeries => ({
  [`default_jenkins_builds_failed_build_count_total{${at}, jenkins_job="shop/main"}`]: failed,
  [`default_jenkins_builds_success_build_count_total{${at}, jenkins_job="shop/main"}`]: succeeded,
});

export const jenkinsAlertCases: readonly AlertCase[] = [
  {
    alert: 'JenkinsDown',
    fires: series('up', '0x60'),
    silent: series('up', '1x60'),
    labels: { job: 'jenkins', severity: 'critical' },
  },
  {
    alert: 'JenkinsPluginAway',
    fires: series('up', '1x60'),
    silent: { ...series('up', '1x60'), ...series('default_jenkins_up', '1x60') },
    labels,
  },
  {
    alert: 'JenkinsPluginsFailed',
    fires: series('jenkins_plugins_failed', '2x60'),
    silent: series('jenkins_plugins_failed', '0x60'),
    labels,
  },
  {
    alert: 'JenkinsQueueLong',
    fires: series('jenkins_queue_size_value', '12x60'),
    silent: series('jenkins_queue_size_value', '4x60'),
    labels,
  },
  {
    alert: 'JenkinsBuildsFailing',
    fires: builds('0 1 2 3x60', '5x60'),
    // The one build that there was.
    silent: builds('0 1x60', '5x60'),
    labels: { ...labels, jenkins_job: 'shop/main' },
  },
  {
    alert: 'JenkinsExecutorsOffline',
    fires: series('jenkins_node_offline_value', '1x60'),
    silent: series('jenkins_node_offline_value', '0x60'),
    labels,
  },
];
