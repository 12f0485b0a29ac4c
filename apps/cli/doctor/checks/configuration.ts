import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { isOurs } from '../../deploy/ownership';
import { count } from '../../verify/check';
import { describeObject } from '../../verify/rendered';
import { error, type DoctorCheck, type Finding } from '../check';

const mapSchema = z.object({ data: z.record(z.string(), z.string()).default({}) });

export const configuration: DoctorCheck = {
  name: 'configuration',
  claim: 'files of components can be read, and are in the cluster as they are rendered',
  symptom: 'a component does not start, or says that its configuration is wrong; a change of it has no effect',
  needsCluster: true,
  async run({ cluster: { api }, rendered }) {
    const findings: Finding[] = [];
    const maps = rendered.ofKind('ConfigMap');
    let files = 0;
    for (const map of maps) {
      const where = describeObject(map);
      const { data } = mapSchema.parse(map);
      files += Object.keys(data).length;
      for (const [name, text] of Object.entries(data)) {
        const wrong = syntaxErrorOf(name, text);
        if (wrong !== undefined)
          findings.push(error(`${name}: ${wrong}`, where, 'mend it in the environment, npm run synth, plumbline up'));
      }
      const answer = await api.read(map);
      const live = mapSchema.safeParse(answer);
      if (!live.success || answer === undefined) continue;
      if (!isOurs(answer)) continue;
      const changed = Object.keys(data).filter((name) => live.data.data[name] !== data[name]);
      if (changed.length === 0) continue;
      const problem = `${changed.join(', ')} ${changed.length === 1 ? 'is' : 'are'} not as rendered: applied before, or changed by somebody`;
      findings.push(error(problem, where, 'plumbline up, with --force-conflicts where somebody else set it'));
    }
    return { seen: count(files, 'file'), findings };
  },
};

/** What is wrong with a file whose name says its form; templates and other forms are the product's to judge. */
function syntaxErrorOf(name: string, text: string): string | undefined {
  if (name.endsWith('.json')) {
    try {
      JSON.parse(text);
      return undefined;
    } catch (cause) {
      return cause instanceof Error ? cause.message : String(cause);
    }
  }
  if (!/\.ya?ml$/.test(name)) return undefined;
  const [first] = parseAllDocuments(text).flatMap((document) => document.errors);
  return first?.message.split('\n')[0];
}
