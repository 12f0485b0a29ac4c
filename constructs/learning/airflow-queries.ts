import { trainingDag } from './training-dag';

/*
 * What is asked of an Airflow, in names of 3.3 as Prometheus has them by OTLP. A step's process sends what it did when it ends, once: such
 * series are of the step, and there is nothing to take a rate of.
 */

/** How often a step came to an end, by what became of it, within a range. */
export function stepsEnded(job: string, range: string, state: string): string {
  const of = `job="${job}", dag_id="${trainingDag}", state="${state}"`;
  return `count by (job, task_id) (count_over_time(airflow_ti_finish_total{${of}}[${range}]))`;
}

/** 1 where the last step has not succeeded within a range, and nothing where it has. */
export function notTrained(job: string, range: string): string {
  const of = `job="${job}", dag_id="${trainingDag}", task_id="register", state="success"`;
  return `max by (job) (absent_over_time(airflow_ti_finish_total{${of}}[${range}]))`;
}

/** Rounds of the scheduler a second. */
export function schedulerRounds(job: string, range: string): string {
  return `sum by (job) (rate(airflow_scheduler_heartbeat_total{job="${job}"}[${range}]))`;
}
