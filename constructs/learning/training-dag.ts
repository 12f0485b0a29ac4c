import type { Duration } from 'cdk8s';
import { ConfigFile } from '../core/config-file';
import { script } from './python-programs';

/** Name of the DAG, as people and the REST API know it. */
export const trainingDag = 'anomaly_detection_training';

/** Steps of a training, in order; each is a pod, and what it makes is in the bucket of models. */
export const trainingSteps = ['extract', 'features', 'train', 'evaluate', 'register'] as const;

/** What the DAG is made of. */
export interface TrainingDagOptions {
  /** Cron expression, UTC. */
  readonly schedule: string;
  readonly retries: number;
  readonly retryDelay: Duration;
  /** How long one step may take, before it is ended and tried again. */
  readonly stepTimeout: Duration;
  /** How long a pod may take to start: its image has to be pulled. */
  readonly startTimeout: Duration;
  readonly namespace: string;
  /** Name of the container that the steps' arguments are for. */
  readonly container: string;
  /** What each pod is, called when the app is rendered. */
  readonly podTemplate: () => object;
}

/** The DAG and, beside it, all that is particular about it. */
export function trainingDagFiles(options: TrainingDagOptions): readonly ConfigFile[] {
  const { schedule, retries, retryDelay, stepTimeout, startTimeout, namespace, container, podTemplate } = options;
  const settings = () => ({
    dagId: trainingDag,
    schedule,
    retries,
    retryDelaySeconds: retryDelay.toSeconds(),
    stepTimeoutSeconds: stepTimeout.toSeconds(),
    startTimeoutSeconds: startTimeout.toSeconds(),
    namespace,
    container,
    steps: trainingSteps,
    podTemplate: podTemplate(),
  });
  return [script(`${trainingDag}.py`, dag), ConfigFile.json(`${trainingDag}.json`, settings)];
}

/**
 * Steps are pods of the worker image. They wait in the scheduler, not in a triggerer: one runs at a time, so one process is all that waiting
 * costs, and a triggerer would be another server. They hand nothing to each other but by the bucket, so no sidecar carries it.
 */
const dag = `"""Training of the models of traces: every week, and when they have drifted, by the REST API."""

from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG, Param, chain

settings = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


def step(name: str) -> KubernetesPodOperator:
    return KubernetesPodOperator(
        task_id=name,
        name=f"training-{name}",
        namespace=settings["namespace"],
        pod_template_dict=settings["podTemplate"],
        base_container_name=settings["container"],
        arguments=["train", "--step", name, "--run", "{{ run_id }}"],
        in_cluster=True,
        deferrable=False,
        do_xcom_push=False,
        get_logs=True,
        on_finish_action="delete_pod",
        startup_timeout_seconds=settings["startTimeoutSeconds"],
        execution_timeout=timedelta(seconds=settings["stepTimeoutSeconds"]),
    )


with DAG(
    settings["dagId"],
    description="Learns the models of traces, compares them with the profile, and registers them",
    schedule=settings["schedule"],
    # A Sunday before there was anything to learn from: what came since is not caught up.
    start_date=datetime(2026, 1, 4, tzinfo=timezone.utc),
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    default_args={
        "retries": settings["retries"],
        "retry_delay": timedelta(seconds=settings["retryDelaySeconds"]),
    },
    params={
        "reason": Param("schedule", type="string", maxLength=64, description="Why it runs"),
        "event": Param(None, type=["null", "string"], maxLength=256, description="What it was started by"),
    },
    tags=["plumbline"],
):
    chain(*(step(name) for name in settings["steps"]))
`;
