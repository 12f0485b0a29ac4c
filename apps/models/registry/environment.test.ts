import { MemoryObjectStore } from '@plumbline/worker';
import { mlflowConnection, openRegistry } from './environment';

const url = 'http://mlflow:5000';
const models = () => Promise.resolve(new MemoryObjectStore('models-of-ours'));

describe('the registry that the environment names', () => {
  it('is MLflow where there is one', async () => {
    const { place } = await openRegistry({ MLFLOW_TRACKING_URI: `${url}/` }, models);
    expect(place).toBe('registered model trace-anomaly of http://mlflow:5000');
  });

  it('is in the bucket of models where there is none', async () => {
    const { place } = await openRegistry({ MLFLOW_TRACKING_URI: '' }, models);
    expect(place).toBe('trace-anomaly/registry.json of bucket models-of-ours');
  });

  it('has a login of user and password, or a token', () => {
    expect(
      mlflowConnection({ MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_USERNAME: 'a', MLFLOW_TRACKING_PASSWORD: 'b' }),
    ).toEqual({ url, login: { user: 'a', password: 'b' } });
    expect(mlflowConnection({ MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_TOKEN: 't' })).toEqual({
      url,
      login: { token: 't' },
    });
  });

  it.each([
    ['half a login', { MLFLOW_TRACKING_URI: url, MLFLOW_TRACKING_USERNAME: 'a' }],
    [
      'two logins',
      {
        MLFLOW_TRACKING_URI: url,
        MLFLOW_TRACKING_USERNAME: 'a',
        MLFLOW_TRACKING_PASSWORD: 'hush',
        MLFLOW_TRACKING_TOKEN: 'hush',
      },
    ],
    ['a login in the address', { MLFLOW_TRACKING_URI: 'http://a:hush@mlflow:5000' }],
    ['a registry that is not asked over HTTP', { MLFLOW_TRACKING_URI: 'databricks' }],
  ])('refuses %s, and shows no secret', (_name, environment) => {
    expect(() => mlflowConnection(environment)).toThrow(expect.objectContaining({ code: 'PLUMBLINE_CONFIG' }) as Error);
    expect(() => mlflowConnection(environment)).not.toThrow(/hush/);
  });
});
