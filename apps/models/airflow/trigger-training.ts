import { defaultRetryPolicy, messageOf, retryTransient, type RetryPolicy } from '@plumbline/worker';
import { z } from 'zod';
import { AirflowError } from './airflow-error';

/** Where an Airflow is, and a user who may start the training there. */
export interface AirflowConnection {
  /** `http://host:port`, without credentials. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
}

/** A training that is asked for. */
export interface TrainingRequest {
  /** Why: `drift`. */
  readonly reason: string;
  /** What it follows from, as the run tells people. */
  readonly event: string;
  /** Name of the run, of the event: the same event asked for twice is one run. `A-Z a-z 0-9 _ . ~ : + -`. */
  readonly dagRunId: string;
}

export interface TriggerOptions {
  /** @default 'anomaly_detection_training' */
  readonly dag?: string;
  /** How long one request may take. @default 10_000 */
  readonly timeoutMs?: number;
  /** @default - five tries within half a minute or so */
  readonly retry?: RetryPolicy;
  /** Told of each failure that will be repeated. @default - nobody is */
  readonly onRetry?: (error: unknown, attempt: number) => void;
}

/** Whether the run is new, or was there. */
export type Triggered = 'started' | 'present';

const tokenSchema = z.object({ access_token: z.string().min(1) });
const runIdForm = /^[A-Za-z0-9_.~:+-]{1,250}$/;
const fewTries: RetryPolicy = { ...defaultRetryPolicy, startingDelayMs: 500, attempts: 5 };

/**
 * Starts the training by Airflow's REST API, version 2.
 *
 * @throws {AirflowError} if it cannot be reached or refuses
 * @see https://airflow.apache.org/docs/apache-airflow/3.3.2/stable-rest-api-ref.html
 */
export async function triggerTraining(
  connection: AirflowConnection,
  request: TrainingRequest,
  { dag = 'anomaly_detection_training', timeoutMs = 10_000, retry = fewTries, onRetry }: TriggerOptions = {},
): Promise<Triggered> {
  const { reason, event, dagRunId } = request;
  if (!runIdForm.test(dagRunId))
    throw new AirflowError('PLUMBLINE_AIRFLOW_RUN_ID', `"${dagRunId}" is no name of a run of Airflow`);
  const base = new URL(connection.url);
  // Whoever writes credentials there would read them in errors.
  base.username = base.password = '';
  const once = async (): Promise<Triggered> => {
    const token = await logIn(base, connection, timeoutMs);
    // Without a date: two runs of one moment are two runs.
    const body = { dag_run_id: dagRunId, logical_date: null, conf: { reason, event } };
    const path = `/api/v2/dags/${encodeURIComponent(dag)}/dagRuns`;
    const answer = await post(base, path, body, timeoutMs, { authorization: `Bearer ${token}` });
    await answer.body?.cancel();
    if (answer.status === 409) return 'present';
    if (!answer.ok) throw refusal(base, path, answer.status);
    return 'started';
  };
  return retryTransient(once, retry, (error, attempt) => {
    onRetry?.(error, attempt);
    return true;
  });
}

async function logIn(base: URL, { username, password }: AirflowConnection, timeoutMs: number): Promise<string> {
  const path = '/auth/token';
  const answer = await post(base, path, { username, password }, timeoutMs);
  if (!answer.ok) {
    await answer.body?.cancel();
    throw refusal(base, path, answer.status);
  }
  const token = tokenSchema.safeParse(await answer.json().catch(() => undefined));
  if (!token.success)
    throw new AirflowError(
      'PLUMBLINE_AIRFLOW_REFUSED',
      `${urlOf(base, path)} answered ${answer.status} without a token`,
    );
  return token.data.access_token;
}

async function post(
  base: URL,
  path: string,
  body: object,
  timeoutMs: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> {
  try {
    return await fetch(urlOf(base, path), {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', ...headers },
      body: JSON.stringify(body),
      // Nobody else is told a password or a token.
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw new AirflowError('PLUMBLINE_AIRFLOW_UNAVAILABLE', `${urlOf(base, path)}: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** `fetch` says why in the cause only. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause !== undefined ? messageOf(error.cause) : messageOf(error);
}

function urlOf(base: URL, path: string): string {
  return `${base.href.replace(/\/+$/, '')}${path}`;
}

function refusal(base: URL, path: string, status: number): AirflowError {
  const message = `${urlOf(base, path)} answered ${status}`;
  if (status === 429 || status >= 500) return new AirflowError('PLUMBLINE_AIRFLOW_UNAVAILABLE', message);
  return new AirflowError(
    status === 401 || status === 403 ? 'PLUMBLINE_AIRFLOW_DENIED' : 'PLUMBLINE_AIRFLOW_REFUSED',
    message,
  );
}
