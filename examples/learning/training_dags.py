"""Reads DAGs as Airflow does, and prints what they are and every pod that they would make: no database, no scheduler, no cluster."""

import json
import logging
import sys

from airflow.dag_processing.dagbag import DagBag
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import ApiClient

logging.disable(logging.WARNING)
bag = DagBag(dag_folder=sys.argv[1], load_op_links=False)
client = ApiClient()


def pod(task):
    task.render_template_fields({"run_id": "weekly__1", "ti": None})
    return client.sanitize_for_serialization(task.build_pod_request_obj(None, dry_run=True))


dags = {
    dag_id: {
        "schedule": str(dag.schedule),
        "timetable": type(dag.timetable).__name__,
        "catchup": dag.catchup,
        "maxActiveRuns": dag.max_active_runs,
        "tasks": {
            task.task_id: {
                "retries": task.retries,
                "after": sorted(task.upstream_task_ids),
                "deferrable": task.deferrable,
                "inCluster": task.in_cluster,
                "pod": pod(task),
            }
            for task in dag.tasks
            if isinstance(task, KubernetesPodOperator)
        },
    }
    for dag_id, dag in bag.dags.items()
}
print(json.dumps({"errors": bag.import_errors, "dags": dags}))
