import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { version } from '../../package.json';
import { bundledCommand, runProgram } from './bundled.testing';

const root = join(__dirname, '..', '..');
const recording = join(root, 'apps', 'standalone', 'replay', 'fixtures', 'shop-payment-slow.otlp.gz');

const packageFile = join(root, 'package.json');

const plumbline = bundledCommand();

describe('npx plumbline, after npm ci and without a build', () => {
  const npx = (...args: string[]) => runProgram('npx', ['--no-install', 'plumbline', ...args]);

  it('is the command', () => {
    expect(npx('--version')).toMatchObject({ status: 0, stdout: version });
    expect(npx('run', 'training', 'settings')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('LEARN_MIN_WINDOWS') as string,
    });
  });

  it('says what is wrong, on standard error, with exit code 2', () => {
    expect(npx('nope')).toMatchObject({
      status: 2,
      stdout: '',
      stderr: expect.stringContaining("unknown command 'nope'") as string,
    });
  });
});

describe('The command', () => {
  it.each([
    { wrong: 'a command that there is not', args: ['nope'], says: "unknown command 'nope'" },
    { wrong: 'an option that there is not', args: ['replay', '--nope', 'file'], says: "unknown option '--nope'" },
    { wrong: 'an argument that is missing', args: ['replay'], says: "missing required argument 'file'" },
    { wrong: 'a value that cannot be', args: ['replay', '--partitions', 'x', 'file'], says: 'give a number from 1' },
    {
      wrong: 'a setting that cannot be',
      args: ['replay', 'file'],
      says: 'WINDOW_SECONDS="x"',
      env: { WINDOW_SECONDS: 'x' },
    },
    {
      wrong: 'a setting that there is not',
      args: ['backtest', 'file', '--set', 'RESOLVE_AFTER_SECOND=5'],
      says: 'did you mean RESOLVE_AFTER_SECONDS?',
    },
    { wrong: 'too little to check', args: ['check', recording], says: 'too short for a check' },
    { wrong: 'a size that cannot be', args: ['check', 'file', '--sizes', '5s'], says: '"5s" is no slowdown' },
    { wrong: 'nothing to try', args: ['backtest', 'file'], says: 'at least one --set' },
    {
      wrong: 'nothing to compare with',
      args: ['rank', '--abnormal', recording],
      says: "'--normal <file...>' not specified",
    },
    {
      wrong: 'a normal recording that is not there',
      args: ['rank', '--normal', '/nowhere/a', '--abnormal', recording],
      says: '/nowhere/a: no such file',
    },
    {
      wrong: 'no recording to score',
      args: ['score', '--normal', recording],
      says: "missing required argument 'file'",
    },
    {
      wrong: 'an incident that is none',
      args: ['explain', packageFile, '--bundle', packageFile],
      says: 'package.json:1: no incident',
    },
    {
      wrong: 'a check that there is not',
      args: ['verify', '--only', 'topix'],
      says: 'no check "topix"; did you mean topics?',
    },
    {
      wrong: 'no check that is left',
      args: ['verify', '--only', 'topics', '--skip', 'topics'],
      says: 'no check is left of --only and --skip',
    },
    { wrong: 'an address that is none', args: ['verify', '--tempo', 'localhost'], says: 'give a URL' },
    { wrong: 'a broker that is none', args: ['verify', '--kafka', 'http://localhost'], says: 'give host:port' },
    {
      wrong: 'manifests that are not there',
      args: ['verify', '--environment', '/nowhere'],
      says: '/nowhere: is no folder that can be read; npm run synth renders dist/thesis',
    },
    {
      wrong: 'a kubeconfig that is none',
      args: ['verify', '--kubeconfig', '/nowhere/config'],
      says: '/nowhere/config: cannot be read as a kubeconfig',
    },
    {
      wrong: 'no scenario',
      args: ['scenario'],
      says: 'name a scenario: event-streaming, distributed-tracing, observability-integration',
    },
    {
      wrong: 'a scenario that there is not',
      args: ['scenario', 'event-steaming'],
      says: 'did you mean event-streaming?',
    },
    {
      wrong: 'an environment that is not rendered',
      args: ['up', 'thesus'],
      says: 'rendered are addon, enterprise, minimal, production, thesis',
    },
    {
      wrong: 'a cluster that there is not',
      args: ['down'],
      says: 'there is no kubeconfig',
      env: { HOME: '/nowhere', KUBECONFIG: '' },
    },
    { wrong: 'a symptom that nobody looks for', args: ['doctor', '--only', 'secret'], says: 'did you mean secrets?' },
    {
      wrong: 'a file that is there already',
      args: ['detect', '--output', packageFile],
      says: 'is there already; --force writes over it',
    },
    { wrong: 'no such base', args: ['detect', '--base', 'thesis'], says: 'Allowed choices are minimal, addon' },
    { wrong: 'no such claim', args: ['grow', 'data-prometeus', 'thesis'], says: 'did you mean data-prometheus?' },
    { wrong: 'a size that is none', args: ['grow', 'a', '--size', 'big'], says: 'give a quantity, such as 100Gi' },
    { wrong: 'no traces a second', args: ['test-load', '--rate', '0'], says: 'give whole spans a second' },
    {
      wrong: 'nothing to send to',
      args: ['test-load', '--target', 'cluster'],
      says: 'there is no kubeconfig',
      env: { HOME: '/nowhere', KUBECONFIG: '' },
    },
    { wrong: 'a recording that is not there', args: ['replay', '/nowhere/file'], says: '/nowhere/file: no such file' },
  ])('says what is wrong with $wrong, on standard error, with exit code 2', ({ args, says, env }) => {
    const { status, stdout, stderr } = plumbline(args, env);
    expect(status).toBe(2);
    expect(stderr).toContain(says);
    expect(stdout).toBe('');
  });

  it('looks at what it is told to look at, and ends with 3 where nothing can be told', () => {
    const none = { HOME: '/nowhere', KUBECONFIG: '' };
    const { status, stdout } = plumbline(['verify', '--only', 'namespaces', '--json'], none);
    expect(status).toBe(3);
    expect(JSON.parse(stdout)).toMatchObject({
      exitCode: 3,
      checks: [{ check: { name: 'namespaces' }, outcome: { result: 'unknown' } }],
    });
    const played = plumbline(['scenario', 'event-streaming'], none);
    expect(played.status).toBe(3);
    expect(played.stdout).toContain('Event streaming: step 1 of 4 could not be told; 3 left out.');
  });

  it('says on standard error that a recording is too short to learn from, and prints nothing', () => {
    const { status, stdout, stderr } = plumbline(['replay', recording]);
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
    expect(stderr).toMatch(/too short to learn from: \d+ traces in \d+ windows of 10 s .* 1000 traces in 30 windows/);
  });

  it('says which incidents a setting would have opened', () => {
    const args = ['backtest', recording, '--preset', 'laptop', '--set', 'LEARN_MIN_TRACES=100000'];
    const { status, stdout } = plumbline([...args, '--json']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      settings: { LEARN_MIN_TRACES: '100000' },
      incidents: { baseline: 1, withSettings: 0 },
      comparison: { gone: [{ firstCause: 'shop/payment' }], added: [], changed: [], same: 0 },
    });
    expect(plumbline(args).stdout).toMatch(/1 incident\n.*0 incidents.*\n- 2026-.* shop\/payment/s);
  });

  it('ranks services by two recordings', () => {
    const args = ['rank', '--normal', recording, '--abnormal', recording];
    const { status, stdout } = plumbline(args);
    expect(status).toBe(0);
    const { ranking } = JSON.parse(stdout) as {
      ranking: { service: string; confidence: number; evidence: unknown[] }[];
    };
    expect(ranking.map(({ service }) => service)).toEqual(expect.arrayContaining(['payment', 'checkout', 'gateway']));
  });

  it('scores traces, a line each', () => {
    const { status, stdout } = plumbline(['score', '--normal', recording, recording]);
    expect(status).toBe(0);
    const lines = stdout.split('\n').map((line) => JSON.parse(line) as { score: number; falseAlarmRate: number });
    expect(lines.length).toBeGreaterThan(1000);
    expect(lines.every(({ score, falseAlarmRate }) => Math.abs(score + Math.log10(falseAlarmRate)) < 1e-9)).toBe(true);
  });

  it('computes the verdict of an incident again from its bundle', () => {
    const folder = mkdtempSync(join(tmpdir(), 'plumbline-explain-'));
    try {
      const { stdout } = plumbline(['replay', recording, '--preset', 'laptop', '--data', folder]);
      const incident = JSON.parse(stdout) as { id: string; bundle: string; ranking: { confidence: number }[] };
      const file = join(folder, 'incidents.jsonl');
      writeFileSync(file, stdout);
      const version = (name: string) =>
        join(folder, 'objects', 'ml-models', 'profile', `version_${name}`, 'bundle.json.gz');
      const args = ['explain', file, '--bundle', version(incident.bundle)];
      const explained = plumbline(args);
      expect(explained.status).toBe(0);
      expect(explained.stdout).toMatch(/1\. shop\/payment: score .*self = .* × share 1\)/s);
      const again = JSON.parse(plumbline([...args, '--json']).stdout) as { difference: number };
      expect(again.difference).toBeLessThan(1e-6);
      writeFileSync(file, stdout.replace(/("ranking":\[\{"service":"[^"]*","confidence":)0\.\d/, '$10.0'));
      expect(plumbline(args)).toMatchObject({ status: 1, stderr: expect.stringContaining('differs by') as string });
      const [other] = readdirSync(join(folder, 'objects', 'ml-models', 'profile')).filter(
        (name) => name.startsWith('version_') && !name.includes(incident.bundle),
      );
      const wrong = plumbline(['explain', file, '--bundle', version((other ?? '').replace('version_', ''))]);
      expect(wrong).toMatchObject({ status: 2, stderr: expect.stringContaining('was judged by bundle') as string });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});
