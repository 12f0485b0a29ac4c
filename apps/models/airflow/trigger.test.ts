import { ManualClock, MemoryObjectStore } from '@plumbline/worker';
import { startAirflowStandIn, type AirflowStandIn } from './testing';
import { lastTriggerKey, triggerOnce, triggerTraining, type Triggered } from './index';

const request = { reason: 'drift', event: 'profile 000007', dagRunId: 'drift__000007' };
const retry = { startingDelayMs: 1, maxDelayMs: 2, attempts: 3 };
const user = { username: 'detection', password: 'only-here' };

describe('a training that is asked for', () => {
  let server: AirflowStandIn | undefined;
  afterEach(() => server?.stop());
  const start = async (statuses: readonly number[], token?: number) => {
    const made = (server = await startAirflowStandIn(statuses, token));
    return { ...made, run: () => triggerTraining({ url: made.url, ...user }, request, { retry }) };
  };

  it('is a run of the DAG, with the reason, by who logged in', async () => {
    const { asked, run } = await start([200]);
    expect(await run()).toBe('started');
    expect(asked).toEqual([
      { path: '/auth/token', authorization: undefined, body: user },
      {
        path: '/api/v2/dags/anomaly_detection_training/dagRuns',
        authorization: 'Bearer a.token',
        body: { dag_run_id: 'drift__000007', logical_date: null, conf: { reason: 'drift', event: 'profile 000007' } },
      },
    ]);
  });

  it('is there already when it is asked for twice', async () => {
    expect(await (await start([409])).run()).toBe('present');
  });

  it('is asked for again while the server is busy or away', async () => {
    const { asked, run } = await start([503, 429, 200]);
    expect(await run()).toBe('started');
    expect(asked).toHaveLength(6);
  });

  it('is given up after the tries that it has', async () => {
    const { run, asked } = await start([500, 500, 500, 200]);
    await expect(run()).rejects.toMatchObject({ code: 'PLUMBLINE_AIRFLOW_UNAVAILABLE', transient: true });
    expect(asked.filter(({ path }) => path !== '/auth/token')).toHaveLength(3);
  });

  it.each([
    [403, 'PLUMBLINE_AIRFLOW_DENIED'],
    [404, 'PLUMBLINE_AIRFLOW_REFUSED'],
    [422, 'PLUMBLINE_AIRFLOW_REFUSED'],
  ])('is not asked for again after %s', async (status, code) => {
    const { url, run, asked } = await start([status, 200]);
    await expect(run()).rejects.toMatchObject({
      code,
      message: `${url}/api/v2/dags/anomaly_detection_training/dagRuns answered ${status}`,
    });
    expect(asked).toHaveLength(2);
  });

  it('is refused to who cannot log in, and no error says how it was tried', async () => {
    const { url, run } = await start([200], 401);
    const error = await run().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PLUMBLINE_AIRFLOW_DENIED', message: `${url}/auth/token answered 401` });
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('only-here');
  });

  it('tells nobody its password to whom it is sent on', async () => {
    const { run, asked } = await start([200], 302);
    await expect(run()).rejects.toMatchObject({ code: 'PLUMBLINE_AIRFLOW_UNAVAILABLE' });
    expect(asked.every(({ path }) => path === '/auth/token')).toBe(true);
  });

  it('leaves credentials out of what it says of an address', async () => {
    const { url, run } = await start([404]);
    expect(run).toBeDefined();
    const withUser = url.replace('://', '://someone:secret@');
    const error = await triggerTraining({ url: withUser, ...user }, request, { retry }).catch(
      (thrown: unknown) => thrown,
    );
    expect(String(error)).toContain('answered 404');
    expect(String(error)).not.toContain('secret');
  });

  it('has a name that Airflow takes', async () => {
    const bad = { ...request, dagRunId: 'a/b' };
    await expect(triggerTraining({ url: 'http://127.0.0.1:1', ...user }, bad)).rejects.toMatchObject({
      code: 'PLUMBLINE_AIRFLOW_RUN_ID',
    });
  });
});

describe('several workers that see the same drift', () => {
  function workers(started: string[] = [], outcome: () => Triggered = () => 'started') {
    const store = new MemoryObjectStore('ml-models');
    const clock = new ManualClock(1_000_000_000);
    const ask = (dagRunId: string) =>
      triggerOnce({ store, clock, coolDownMs: 86_400_000 }, { ...request, dagRunId }, ({ dagRunId: id }) => {
        started.push(id);
        return Promise.resolve().then(outcome);
      });
    return { store, clock, started, ask };
  }

  it('start the training once', async () => {
    const { started, ask } = workers();
    const answers = await Promise.all(['a', 'b', 'c'].map(ask));
    expect(started).toHaveLength(1);
    expect(answers.filter((each) => each === 'cooling down')).toHaveLength(2);
  });

  it('start it again when it has cooled down, and not before', async () => {
    const { started, ask, clock } = workers();
    await ask('a');
    clock.advanceTo(clock.now() + 86_399_999);
    expect(await ask('b')).toBe('cooling down');
    clock.advanceTo(clock.now() + 1);
    expect(await ask('c')).toBe('started');
    expect(started).toEqual(['a', 'c']);
  });

  it('try at once what could not be started', async () => {
    let down = true;
    const { started, ask } = workers([], () => {
      if (down) throw new Error('down');
      return 'started';
    });
    await expect(ask('a')).rejects.toThrow('down');
    down = false;
    expect(await ask('b')).toBe('started');
    expect(started).toEqual(['a', 'b']);
  });

  it('take over from one that died before it said whether it did', async () => {
    const { store, clock, ask } = workers();
    const claim = { dagRunId: 'a', atMs: clock.now(), started: false };
    await store.put(lastTriggerKey, Buffer.from(JSON.stringify(claim)));
    expect(await ask('b')).toBe('cooling down');
    clock.advanceTo(clock.now() + 600_000);
    expect(await ask('b')).toBe('started');
  });

  it('are not kept from it by what cannot be read', async () => {
    const { store, ask } = workers();
    await store.put(lastTriggerKey, Buffer.from('{"at'));
    expect(await ask('a')).toBe('started');
  });
});
