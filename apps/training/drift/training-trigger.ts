/** A training that is asked for. */
export interface TrainingAsk {
  readonly reason: 'drift';
  /** What it follows from, in a sentence. */
  readonly event: string;
  /** Name of the run, of the event: who asks twice asks for one run. `A-Z a-z 0-9 _ . -`. */
  readonly runId: string;
}

/** `asked`: it will run; `cooling`: one was started a while ago, by whomever; `already`: a run of this name is there. */
export type TrainingAnswer = 'asked' | 'cooling' | 'already';

/** Who starts trainings. Keeps a cool-down that outlives whoever asks. */
export interface TrainingTrigger {
  /** @throws when it cannot be reached or refuses; then the same may be asked for again */
  ask(request: TrainingAsk): Promise<TrainingAnswer>;
}

/** What is handed to an Airflow. */
export interface AirflowRun {
  readonly reason: string;
  readonly event: string;
  readonly dagRunId: string;
}

/**
 * An Airflow.
 *
 * @param start `(request) => triggerOnce(coolDown, request, (each) => triggerTraining(connection, each))` of `@plumbline/models`
 */
export function airflowTrigger(
  start: (request: AirflowRun) => Promise<'started' | 'present' | 'cooling down'>,
): TrainingTrigger {
  const answers = { started: 'asked', present: 'already', 'cooling down': 'cooling' } as const;
  return { ask: async ({ reason, event, runId }) => answers[await start({ reason, event, dagRunId: runId })] };
}
