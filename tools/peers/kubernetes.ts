import { generateKeyPairSync } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { CertificateAuthority, type Certificate } from './certificates';
import { dataDirectory } from './guard';
import { program } from './installed';
import { freePorts } from './ports';
import { PeerProcess, type Peer } from './process';
import { answers, logged } from './readiness';
import { runProgram, type Printed } from './run';

/** Minor versions older than the one of the tests; `npm run tools` installs them only by name. */
export const olderMinors = ['1.35', '1.34'] as const;

export interface ApiServerOptions {
  /** An older server than the one of the tests. */
  readonly minor?: (typeof olderMinors)[number];
  /** Further flags of kube-apiserver. */
  readonly args?: readonly string[];
}

/**
 * A Kubernetes API server on etcd, with RBAC and Pod Security, without controllers: nothing is scheduled, and no
 * namespace gets its default ServiceAccount.
 */
export interface ApiServerPeer extends Peer {
  /** `https://127.0.0.1:<port>`. */
  readonly url: string;
  /** Certificate of the authority that clients must trust. */
  readonly certificateAuthorityFile: string;
  /** Key that tokens of ServiceAccounts are signed with. */
  readonly serviceAccountKeyFile: string;
  /** Kubeconfig of a cluster administrator. */
  readonly kubeconfigFile: string;
  /**
   * Runs kubectl as that administrator.
   *
   * @param input given on standard input, for `-f -`
   * @throws {ProgramFailedError} with what the server objects to
   */
  kubectl(args: readonly string[], input?: string): Promise<Printed>;
  /** A token as a pod of this ServiceAccount would hold; the account must exist. */
  serviceAccountToken(namespace: string, name: string): Promise<string>;
  /** Path of a kubeconfig with such a token, for programs that run outside of a pod. */
  serviceAccountKubeconfig(namespace: string, name: string): Promise<string>;
}

/**
 * Starts etcd and kube-apiserver on loopback.
 *
 * @throws {ToolMissingError} before `npm run tools`
 * @throws {PeerFailedError} if one of them does not start
 */
export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServerPeer> {
  const { minor } = options;
  const programs = {
    etcd: program('etcd'),
    server: minor ? program(`kubernetes-${minor}`, `kube-apiserver-${minor}`) : program('kubernetes', 'kube-apiserver'),
  };
  const kubectl = program('kubernetes', 'kubectl');
  const directory = await dataDirectory('kubernetes');
  const [port, etcdPort, etcdPeerPort] = await freePorts(3);
  const url = `https://127.0.0.1:${port ?? 0}`;
  const etcdUrl = `http://127.0.0.1:${etcdPort ?? 0}`;
  const pki = await createPki(join(directory, 'pki'));
  const kubeconfigFile = join(directory, 'admin.kubeconfig');
  const admin = {
    'client-certificate-data': await base64(pki.admin.certificateFile),
    'client-key-data': await base64(pki.admin.keyFile),
  };
  await writeFile(kubeconfigFile, await kubeconfig(url, pki.ca, admin), { mode: 0o600 });

  const etcd = await startEtcd(programs.etcd, directory, etcdUrl, `http://127.0.0.1:${etcdPeerPort ?? 0}`);
  const server = await PeerProcess.start({
    name: 'kube-apiserver',
    command: programs.server,
    args: [
      ...[`--etcd-servers=${etcdUrl}`, '--bind-address=127.0.0.1', `--secure-port=${port ?? 0}`],
      ...[
        '--advertise-address=127.0.0.1',
        '--endpoint-reconciler-type=none',
        '--service-cluster-ip-range=10.96.0.0/16',
      ],
      ...['--authorization-mode=Node,RBAC', '--allow-privileged=true', `--client-ca-file=${pki.ca.certificateFile}`],
      ...[`--tls-cert-file=${pki.server.certificateFile}`, `--tls-private-key-file=${pki.server.keyFile}`],
      ...[
        '--service-account-issuer=https://kubernetes.default.svc',
        `--service-account-key-file=${pki.tokenPublicKey}`,
      ],
      `--service-account-signing-key-file=${pki.tokenPrivateKey}`,
      // By which it is known to kubelets, where there are any.
      ...[
        `--kubelet-client-certificate=${pki.admin.certificateFile}`,
        `--kubelet-client-key=${pki.admin.keyFile}`,
        ...(options.args ?? []),
      ],
    ],
    directory,
    ready: async () => {
      const probe = ['--kubeconfig', kubeconfigFile, '--request-timeout=2s', 'get', '--raw', '/readyz'];
      return runProgram(kubectl, probe).then(
        ({ stdout }) => stdout === 'ok',
        () => false,
      );
    },
  });

  const run = (args: readonly string[], input?: string) =>
    runProgram(kubectl, args, {
      env: { KUBECONFIG: kubeconfigFile, HOME: directory },
      ...(input !== undefined && { input }),
    });
  const serviceAccountToken = async (namespace: string, name: string): Promise<string> => {
    const { stdout } = await run(['create', 'token', '--namespace', namespace, name]);
    return stdout.trim();
  };
  return {
    directory,
    url,
    certificateAuthorityFile: pki.ca.certificateFile,
    serviceAccountKeyFile: pki.tokenPrivateKey,
    kubeconfigFile,
    kubectl: run,
    serviceAccountToken,
    serviceAccountKubeconfig: async (namespace, name) => {
      const file = join(directory, `${namespace}-${name}.kubeconfig`);
      const user = { token: await serviceAccountToken(namespace, name) };
      await writeFile(file, await kubeconfig(url, pki.ca, user), { mode: 0o600 });
      return file;
    },
    stop: async () => {
      await server.stop();
      await etcd.stop();
    },
    kill: async () => {
      await Promise.all([server.kill(), etcd.kill()]);
    },
    restart: async () => {
      await server.stop();
      await etcd.restart();
      await server.restart();
    },
  };
}

function startEtcd(command: string, directory: string, clientUrl: string, peerUrl: string): Promise<PeerProcess> {
  return PeerProcess.start({
    name: 'etcd',
    command,
    args: [
      ...['--name', 'test', '--data-dir', join(directory, 'etcd'), '--unsafe-no-fsync'],
      ...['--listen-client-urls', clientUrl, '--advertise-client-urls', clientUrl],
      ...['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ...['--initial-cluster', `test=${peerUrl}`],
    ],
    directory,
    ready: async (process) =>
      (await logged('ready to serve client requests')(process)) && answers(`${clientUrl}/health`, 200)(process),
  });
}

interface Pki {
  readonly ca: Certificate;
  readonly server: Certificate;
  readonly admin: Certificate;
  readonly tokenPublicKey: string;
  readonly tokenPrivateKey: string;
}

async function createPki(directory: string): Promise<Pki> {
  await mkdir(directory);
  const ca = await CertificateAuthority.create(directory);
  const names = ['IP:127.0.0.1', 'IP:10.96.0.1', 'DNS:localhost', 'DNS:kubernetes.default.svc'];
  const server = await ca.issue('apiserver', '/CN=kube-apiserver', names);
  const admin = await ca.issue('admin', '/O=system:masters/CN=admin');
  const tokens = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const [tokenPublicKey, tokenPrivateKey] = [join(directory, 'tokens.pub'), join(directory, 'tokens.key')];
  await writeFile(tokenPublicKey, tokens.publicKey.export({ type: 'spki', format: 'pem' }));
  await writeFile(tokenPrivateKey, tokens.privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 });
  return { ca, server, admin, tokenPublicKey, tokenPrivateKey };
}

/** @param user in the words of a kubeconfig */
async function kubeconfig(server: string, ca: Certificate, user: Readonly<Record<string, string>>): Promise<string> {
  const cluster = { server, 'certificate-authority-data': await base64(ca.certificateFile) };
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'test',
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'test' } }],
    clusters: [{ name: 'test', cluster }],
    users: [{ name: 'test', user }],
  });
}

async function base64(file: string): Promise<string> {
  return (await readFile(file)).toString('base64');
}
