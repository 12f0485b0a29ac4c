import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { buckets, environmentKeys } from '@plumbline/contracts';
import {
  LocalObjectStore,
  parseEnvironment,
  S3ObjectStore,
  s3Connection,
  s3Settings,
  type Environment,
  type ObjectStore,
} from '@plumbline/worker';
import { UsageError } from '../errors';

/** Variables of which one says that the models are in S3. */
const s3Variables = [environmentKeys.modelBucket, environmentKeys.s3Endpoint, environmentKeys.s3AccessKeyId];

/**
 * The bucket of models: in the folder of `plumbline standalone` if that is named, in S3 if the environment names one, else in the
 * folder that `standalone` uses unless told otherwise.
 *
 * @throws {UsageError} where there is no such folder
 */
export async function openModels(environment: Environment, data: string | undefined): Promise<ObjectStore> {
  const given = environment[environmentKeys.modelBucket];
  const bucket = given === undefined || given === '' ? buckets.mlModels : given;
  const namesS3 = s3Variables.some((name) => (environment[name] ?? '') !== '');
  if (data === undefined && namesS3) {
    return new S3ObjectStore(bucket, s3Connection(parseEnvironment(s3Settings, environment)));
  }
  const folder = join(data ?? join(homedir(), '.plumbline'), 'objects');
  if (!existsSync(folder)) {
    throw new UsageError(
      `there is no folder ${folder}; set MLFLOW_TRACKING_URI, or S3_ENDPOINT and MODEL_BUCKET, or name one by --data`,
    );
  }
  return LocalObjectStore.open(folder, bucket);
}
