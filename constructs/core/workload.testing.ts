import type { Chart } from 'cdk8s';
import { images } from '../images';
import { Deployment, type DeploymentProps } from './deployment';
import type { WorkloadProps } from './workload';

/** The least that a workload has to be told. */
export const minimalWorkload: WorkloadProps = {
  name: 'web',
  instance: 'shop',
  runAs: { user: 1000 },
  container: { image: images.tempo, resources: { cpu: '100m', memory: '64Mi' } },
};

/** A Deployment of that, with what a test is about. */
export function deployment(props: Partial<DeploymentProps> = {}) {
  return (chart: Chart) => new Deployment(chart, 'web', { ...minimalWorkload, ...props });
}
