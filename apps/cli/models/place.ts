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

/** Where the bucket of a purpose is named, and what it is called otherwise. */
const bucketsByPurpose = {
  models: { variable: environmentKeys.modelBucket, name: buckets.mlModels },
  anomalies: { variable: environmentKeys.anomalyBucket, name: buckets.anomalyData },
} as const;

/**
 * The bucket of models: in the folder of `plumbline standalone` if that is named, in S3 if the environment names one, else in the
 * folder that `standalone` uses unless told otherwise.
 *
 * @throws {UsageError} where there is no such folder
 */
export function openModels(environment: Environment, data: string | undefined): Promise<ObjectStore> {
  return openBucket(environment, data, 'models');
}

/** The bucket of a purpose, found as {@link openModels} finds it. @throws {UsageError} where there is no such folder */
export async function openBucket(
  environment: Environment,
  data: string | undefined,
  purpose: keyof typeof bucketsByPurpose,
): Promise<ObjectStore> {
  const { variable, name } = bucketsByPurpose[purpose];
  const given = environment[variable];
  const bucket = given === undefined || given === '' ? name : given;
  const namesS3 = s3Variables.some((each) => (environment[each] ?? '') !== '');
  if (data === undefined && namesS3) {
    return new S3ObjectStore(bucket, s3Connection(parseEnvironment(s3Settings, environment)));
  }
  const folder = join(data ?? join(homedir(), '.plumbline'), 'objects');
  if (!existsSync(folder)) {
    throw new UsageError(`there is no folder ${folder}; set S3_ENDPOINT and ${variable}, or name one by --data`);
  }
  return LocalObjectStore.open(folder, bucket);
}
