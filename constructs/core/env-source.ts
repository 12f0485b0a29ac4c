import type { k8s } from 'cdk8s-plus-28';

/** Where the value of an environment variable comes from when a pod starts. */
export interface IEnvSource {
  toEnvVarSource(): k8s.EnvVarSource;
}

/** A field of the pod itself, e.g. `metadata.name`. */
export class PodField implements IEnvSource {
  static readonly namespace = new PodField('metadata.namespace');
  static readonly podName = new PodField('metadata.name');
  static readonly podIp = new PodField('status.podIP');
  static readonly nodeName = new PodField('spec.nodeName');

  private constructor(private readonly path: string) {}

  toEnvVarSource(): k8s.EnvVarSource {
    return { fieldRef: { apiVersion: 'v1', fieldPath: this.path } };
  }
}
