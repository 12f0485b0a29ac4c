import { singleFileName } from '../../constructs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { program } from '../peers/installed';
import { runProgram } from '../peers/run';
import { checkedObject, type Report } from './finding';

/** The minor version of Kubernetes whose API versions kube-score expects. */
const kubernetesVersion = 'v1.36';
const allWell = 10;

const output = z.array(
  z.object({
    type_meta: z.object({ kind: z.string() }),
    object_meta: z.object({ name: z.string(), namespace: z.string().optional() }),
    checks: z.array(
      z.object({
        check: z.object({ id: z.string(), comment: z.string() }),
        grade: z.number(),
        skipped: z.boolean(),
        comments: z.array(z.object({ path: z.string(), summary: z.string() })).nullable(),
      }),
    ),
  }),
);

/**
 * Runs kube-score over all manifests of a folder at once: warnings count as well as errors.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {ProgramFailedError} if it cannot read a manifest
 */
export async function kubeScore(folder: string): Promise<Report> {
  const files = (await readdir(folder)).filter((name) => name.endsWith('.yaml') && name !== singleFileName).toSorted();
  const paths = files.map((name) => join(folder, name));
  const version = ['--kubernetes-version', kubernetesVersion];
  // An annotation must not except what the file of exceptions does not.
  const args = ['score', ...version, '--disable-ignore-checks-annotations', '--output-format', 'json', ...paths];
  const { stdout } = await runProgram(program('kube-score'), args, { exitCodes: [0, 1] });
  return kubeScoreReport(stdout);
}

/** @param json what kube-score printed with `--output-format json` */
export function kubeScoreReport(json: string): Report {
  const objects = output.parse(JSON.parse(json)).map(({ type_meta, object_meta, checks }) => ({
    checked: checkedObject(type_meta.kind, object_meta.namespace ?? '', object_meta.name),
    bad: checks.filter(({ grade, skipped }) => !skipped && grade < allWell),
  }));
  const findings = objects.flatMap(({ checked, bad }) =>
    bad.flatMap(({ check, comments }) => {
      const said = comments !== null && comments.length > 0 ? comments : [{ path: '', summary: check.comment }];
      return said.map(({ path, summary }) => ({
        ...checked,
        checker: 'kube-score' as const,
        check: check.id,
        ...(path !== '' && { part: path }),
        message: summary,
      }));
    }),
  );
  return { findings, examined: objects.map(({ checked }) => checked) };
}
