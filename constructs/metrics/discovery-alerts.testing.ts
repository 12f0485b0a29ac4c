import type { AlertCase } from '../core/alert-case.testing';
import { apiServerAlertCases } from './api-server-alerts.testing';

const container = 'job="cadvisor", node="n1", namespace="shop", pod="cart-1", container="cart"';
const throttled = (periods: number) => ({
  [`container_cpu_cfs_throttled_periods_total{${container}}`]: `0+${periods}x60`,
  [`container_cpu_cfs_periods_total{${container}}`]: '0+600x60',
});
const pod = 'job="annotated-pods", namespace="shop", pod="cart-1"';
const targets = (count: number) => ({
  'prometheus_target_scrape_pool_targets{job="prometheus", scrape_job="annotated-pods"}': `${count}x60`,
  'prometheus_target_scrape_pool_target_limit{job="prometheus", scrape_job="annotated-pods"}': '1000x60',
  'prometheus_target_scrape_pool_targets{job="prometheus", scrape_job="kubelet"}': '2000x60',
  'prometheus_target_scrape_pool_target_limit{job="prometheus", scrape_job="kubelet"}': '0x60',
});

/** Of a Prometheus that reads kubelets, API servers and annotated pods. */
export const discoveryAlertCases: readonly AlertCase[] = [
  ...apiServerAlertCases,
  {
    alert: 'KubeletsNotRead',
    fires: { 'up{job="kubelet", instance="10.0.0.1:10250", node="n1"}': '0x60' },
    silent: {
      'up{job="kubelet", instance="10.0.0.1:10250", node="n1"}': '0x60',
      'up{job="kubelet", instance="10.0.0.2:10250", node="n2"}': '1x60',
    },
    labels: { job: 'kubelet', severity: 'critical' },
  },
  {
    alert: 'KubeContainerThrottled',
    fires: throttled(400),
    silent: throttled(200),
    labels: { namespace: 'shop', pod: 'cart-1', container: 'cart', severity: 'info' },
  },
  {
    alert: 'AnnotatedPodNotRead',
    fires: { [`up{${pod}, instance="10.1.0.9:8080"}`]: '1x60', [`up{${pod}, instance="10.1.0.9:9090"}`]: '0x60' },
    silent: { [`up{${pod}, instance="10.1.0.9:8080"}`]: '1x60' },
    labels: { namespace: 'shop', pod: 'cart-1', severity: 'info' },
  },
  {
    alert: 'AnnotatedPodsTooMany',
    fires: targets(950),
    silent: targets(850),
    labels: { job: 'prometheus', scrape_job: 'annotated-pods', severity: 'warning' },
  },
];
