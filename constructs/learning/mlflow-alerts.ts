import type { Alert } from '../core/alert';
import { unreadyAlert } from '../core/unready-alert';

/** What of an MLflow people should know, by what the kubelet says. @param workload name of its Deployment */
export function mlflowAlerts(workload: string, namespace: string): readonly Alert[] {
  return [
    unreadyAlert(
      'Mlflow',
      { workload, namespace, pods: `${workload}-[0-9a-f]+-[0-9a-z]+` },
      'No model is registered, and no other version is taken. What workers have loaded goes on being used.',
    ),
  ];
}
