import { z } from 'zod';
import { dataDirectory } from '../peers/guard';
import { homeOf } from '../peers/installed';
import { singleFileName } from '../../constructs';
import { runProgram } from '../peers/run';
import { checkedObject, type CheckedObject, type Report } from './finding';

const record = z.object({ check_id: z.string(), check_name: z.string(), resource: z.string() });

const output = z.object({
  results: z.object({
    passed_checks: z.array(record),
    failed_checks: z.array(record),
    skipped_checks: z.array(record),
    parsing_errors: z.array(z.string()),
  }),
});

/** What checkov cannot read, it leaves out of what it judges. */
export class UnreadableManifestError extends Error {
  readonly code = 'UNREADABLE_MANIFEST';

  constructor(readonly files: readonly string[]) {
    super(`checkov cannot read ${files.join(', ')}: look for what is not YAML there`);
    this.name = 'UnreadableManifestError';
  }
}

/**
 * Runs checkov over all manifests of a folder at once, since whether a pod has a policy is seen only beside its policies.
 * It downloads nothing.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {ProgramFailedError} if it fails
 * @throws {UnreadableManifestError} if it left a file out
 */
export async function checkov(folder: string): Promise<Report> {
  // It reads a configuration from the current folder and from the home.
  const empty = await dataDirectory('checkov');
  const args = ['--directory', folder, '--framework', 'kubernetes', '--skip-download', '--compact', '--output', 'json'];
  // It has every object once more.
  args.push('--skip-path', singleFileName);
  const { stdout } = await runProgram(homeOf('checkov').path('checkov', 'bin', 'checkov'), args, {
    cwd: empty,
    env: { HOME: empty },
    exitCodes: [0, 1],
  });
  return checkovReport(stdout);
}

/** @param json what checkov printed with `--output json`; checks that an annotation skips are findings as others are */
export function checkovReport(json: string): Report {
  const { passed_checks, failed_checks, skipped_checks, parsing_errors } = output.parse(JSON.parse(json)).results;
  if (parsing_errors.length > 0) throw new UnreadableManifestError(parsing_errors);
  const bad = [...failed_checks, ...skipped_checks];
  return {
    findings: bad.map(({ check_id, check_name, resource }) => ({
      ...objectOf(resource),
      checker: 'checkov',
      check: check_id,
      message: check_name,
    })),
    examined: [...passed_checks, ...bad].map(({ resource }) => objectOf(resource)),
  };
}

/** @param resource `Kind.namespace.name`, of which only the name may have further dots; that of a Pod goes on with its labels */
function objectOf(resource: string): CheckedObject {
  const [kind = '', namespace = '', ...name] = resource.split('.');
  return checkedObject(kind, namespace, kind === 'Pod' ? (name[0] ?? '') : name.join('.'));
}
