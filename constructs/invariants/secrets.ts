import type { Cluster } from './cluster';
import { configMapTexts, configurationOf, type ConfigurationText } from './configuration';
import { credentialsOf } from './credentials';
import { invariant } from './invariant';
import { describeObject, type Finding, type KubeObject } from './model';

/** Settings whose value is a secret: `dbPassword`, `API_KEY`, `slack_webhook_url`. */
const secretName =
  /(^|[^a-z])(passw(or)?d|passphrase|secret|token|credentials?|(api|secret|signing|encryption)_?key|access_?key(_?id)?|private_?key|pager_?duty_(routing|integration|service)_?key|webhook(_?url)?)$/;
/** PagerDuty's names for its keys, which others use for other things: its keys have 32 characters. */
const pagerDutyName = /(^|_)(routing|integration|service)_key$/;
const pagerDutyKey = /^\w{32}$/;
/** What stands where a secret would: a variable, a template, a path, a number, a switch. */
const placeholder = /^(|\$\{.*\}|\$\(.*\)|\$__\w+\{.*\}|\{\{.*\}\}|\$\w+|<.*>|\/[\w./-]+|\d+|true|false|none|null)$/i;
/** Forms of secrets that are secrets whatever they are called. */
const secretForms: readonly (readonly [form: RegExp, what: string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----/, 'a private key'],
  [/\b(AKIA|ASIA)[0-9A-Z]{16}\b/, 'an AWS access key'],
  [/:\/\/[^\s/:@${}]+:[^\s/@${}]+@/, 'a URL with a password'],
  [/discord(app)?\.com\/api\/webhooks\/\d+\//, 'a Discord webhook'],
  [/hooks\.slack\.com\/services\/T\w+\//, 'a Slack webhook'],
  [/\bxox[abprs]-\w{10,}/, 'a Slack token'],
  [/\bgh[pousr]_\w{30,}/, 'a GitHub token'],
  [/\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}/, 'a JSON web token'],
];

export const noSecretValues = invariant(
  'no-secret-values',
  'No secret value is rendered: no Secret with data, no password, token or key in an argument, a variable, a ConfigMap or an annotation, nothing that looks like one.',
  'What is in `dist/` is in the repository, for everybody and for ever.',
  (cluster: Cluster) => [
    ...cluster
      .ofKind('Secret')
      .filter((object) => object.data !== undefined || object.stringData !== undefined)
      .map((object) => ({ object, path: 'data' in object ? 'data' : 'stringData', message: 'carries values' })),
    ...uniqueTexts(cluster).flatMap(textFindings),
    ...cluster.workloads.flatMap((workload) =>
      (credentialsOf(workload, cluster)?.secrets ?? []).flatMap(({ name, keys }) =>
        keys
          .filter(({ key, kind, value }) => kind === 'literal' && isSecretName(key) && value !== undefined)
          .map(({ key }) => ({
            object: workload.object,
            path: '',
            message: `its credentials file gives ${name} a literal ${key}`,
          })),
      ),
    ),
  ],
);

/** Every string of configuration, also in ConfigMaps that nothing reads, each once. */
function uniqueTexts(cluster: Cluster): readonly ConfigurationText[] {
  const texts = [
    ...cluster.workloads.flatMap((workload) => configurationOf(workload, cluster)),
    ...cluster.ofKind('ConfigMap').flatMap((map) => configMapTexts(map)),
    ...cluster.objects.flatMap(annotationTexts),
  ];
  const seen = new Set<string>();
  return texts.filter(({ object, path, text }) => {
    const key = `${describeObject(object)}\n${path}\n${text}`;
    const first = !seen.has(key);
    seen.add(key);
    return first;
  });
}

function annotationTexts(object: KubeObject): readonly ConfigurationText[] {
  return Object.entries(object.metadata.annotations ?? {}).map(([name, text]) => ({
    object,
    path: `metadata.annotations.${name}`,
    text,
    name,
    ports: [],
  }));
}

function textFindings({ object, path, text, name }: ConfigurationText): readonly Finding[] {
  const [, flag, value = text] = /^--?([\w.-]+)=(.*)$/s.exec(text) ?? [];
  const setting = flag ?? name;
  if (setting !== undefined && (isSecretName(setting) ? !placeholder.test(value) : isPagerDutyKey(setting, value))) {
    return [{ object, path, message: `${setting} has a literal value` }];
  }
  const form = secretForms.find(([pattern]) => pattern.test(text));
  if (form !== undefined) return [{ object, path, message: `contains ${form[1]}` }];
  return (text.match(/[A-Za-z0-9+/_-]{32,}={0,2}/g) ?? [])
    .filter(looksRandom)
    .map((word) => ({ object, path, message: `${word.slice(0, 6)}… looks like a random secret` }));
}

function isSecretName(name: string): boolean {
  return secretName.test(snakeCase(name));
}

function isPagerDutyKey(name: string, value: string): boolean {
  return pagerDutyName.test(snakeCase(name)) && pagerDutyKey.test(value);
}

function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[-.]/g, '_')
    .toLowerCase();
}

/**
 * Whether a word of 32 characters or more is random: upper and lower case and digits mixed, and at least 4.3 bits of
 * entropy a character. Hexadecimal digests have at most 4, paths and identifiers fewer.
 */
function looksRandom(word: string): boolean {
  if (!/[a-z]/.test(word) || !/[A-Z]/.test(word) || !/\d/.test(word) || word.includes('/')) return false;
  const counts = new Map<string, number>();
  for (const char of word) counts.set(char, (counts.get(char) ?? 0) + 1);
  const entropy = Array.from(counts.values()).reduce((sum, count) => {
    const share = count / word.length;
    return sum - share * Math.log2(share);
  }, 0);
  return entropy >= 4.3;
}
