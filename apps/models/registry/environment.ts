import { buckets, environmentKeys } from '@plumbline/contracts';
import { ConfigError, parseEnvironment, type Environment, type ObjectStore } from '@plumbline/worker';
import { z } from 'zod';
import { MlflowBackend } from './mlflow/backend';
import { MlflowClient, type MlflowConnection } from './mlflow/client';
import { ModelRegistry } from './model-registry';
import { StoreBackend } from './store-backend';

/** Where the registry is, by the names that MLflow's own clients know. */
export const registrySettings = z.object({
  /** URL of an MLflow server; the registry is in the object store when absent. */
  MLFLOW_TRACKING_URI: z.url({ protocol: /^https?$/, error: 'must be http:// or https://' }).optional(),
  MLFLOW_TRACKING_USERNAME: z.string().optional(),
  MLFLOW_TRACKING_PASSWORD: z.string().optional(),
  MLFLOW_TRACKING_TOKEN: z.string().optional(),
});

/** How to reach MLflow, `undefined` where the registry is in the object store. @throws {ConfigError} for half a login, or two */
export function mlflowConnection(environment: Environment): MlflowConnection | undefined {
  const {
    MLFLOW_TRACKING_URI: url,
    MLFLOW_TRACKING_USERNAME: user,
    MLFLOW_TRACKING_PASSWORD: password,
    MLFLOW_TRACKING_TOKEN: token,
  } = parseEnvironment(registrySettings, withoutLogin(environment));
  if (url === undefined) return undefined;
  if ((user === undefined) !== (password === undefined)) {
    throw new ConfigError(['MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD must be set both or neither']);
  }
  if (user !== undefined && token !== undefined) {
    throw new ConfigError(['MLFLOW_TRACKING_TOKEN and MLFLOW_TRACKING_USERNAME are two logins; set one']);
  }
  if (token !== undefined) return { url, login: { token } };
  return user !== undefined && password !== undefined ? { url, login: { user, password } } : { url };
}

/**
 * The registry that the environment names: MLflow, or beside the files of the models.
 *
 * @param models the bucket of models, opened where the registry is in it
 * @throws {ConfigError}
 */
export async function openRegistry(
  environment: Environment,
  models: () => Promise<ObjectStore>,
): Promise<ModelRegistry> {
  const connection = mlflowConnection(environment);
  if (connection !== undefined) {
    const given = environment[environmentKeys.modelBucket];
    const bucket = given === undefined || given === '' ? buckets.mlModels : given;
    return new ModelRegistry(new MlflowBackend(new MlflowClient(connection)), bucket);
  }
  const store = await models();
  return new ModelRegistry(new StoreBackend(store), store.bucket);
}

/** A login belongs into variables of its own: what is refused of an address is shown with it. */
function withoutLogin(environment: Environment): Environment {
  const uri = environment.MLFLOW_TRACKING_URI ?? '';
  if (!/^[a-z]+:\/\/[^/?#]*@/i.test(uri)) return environment;
  throw new ConfigError([
    'MLFLOW_TRACKING_URI has a login in it; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD instead',
  ]);
}
