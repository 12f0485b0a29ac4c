import { ports } from '@plumbline/contracts';
import { doorsOf } from '../../deploy/doors';
import { engines } from '../../../../package.json';
import { error, warning, type DoctorCheck, type Finding } from '../check';

const [, leastMajor = 20, leastMinor = 0] = (/^>=(\d+)\.(\d+)/.exec(engines.node) ?? []).map(Number);

/** Ports on this machine, with what uses them and how another one is chosen. */
const usedPorts: readonly { readonly port: number; readonly by: string; readonly instead: string }[] = [
  { port: ports.otlpGrpc, by: 'OTLP over gRPC of plumbline standalone', instead: 'plumbline standalone --grpc-port 0' },
  { port: ports.otlpHttp, by: 'OTLP over HTTP of plumbline standalone', instead: 'plumbline standalone --http-port 0' },
  { port: 8080, by: 'the page of plumbline standalone', instead: 'plumbline standalone --console-port 0' },
];

export const node: DoctorCheck = {
  name: 'node',
  claim: `Node.js is ${leastMajor}.${leastMinor} or newer`,
  symptom: 'a command ends with a SyntaxError, or a module is not found',
  needsCluster: false,
  run({ laptop: { nodeVersion } }) {
    const [major = 0, minor = 0] = nodeVersion.split('.').map(Number);
    const isNew = major > leastMajor || (major === leastMajor && minor >= leastMinor);
    const findings = isNew
      ? []
      : [
          error(
            `Node.js ${nodeVersion} is too old`,
            process.execPath,
            `nvm install ${leastMajor}, or any newer release`,
          ),
        ];
    return Promise.resolve({ seen: `Node.js ${nodeVersion}`, findings });
  },
};

export const freePorts: DoctorCheck = {
  name: 'ports',
  claim: 'ports of this machine are free, or taken by Plumbline',
  symptom: 'plumbline standalone ends with "port … is taken", or applications send their traces to somebody else',
  needsCluster: false,
  async run({ laptop, rendered }) {
    const findings: Finding[] = [];
    const own = await laptop.takesTraces(ports.otlpHttp);
    for (const { port, by, instead } of usedPorts) {
      if (own || (await laptop.isFree(port))) continue;
      findings.push(
        warning(`taken, and wanted for ${by}`, `port ${port}`, `lsof -i :${port} shows by whom; or ${instead}`),
      );
    }
    // What listens at 4318 may be up itself, which then has these as well.
    const doors = own
      ? []
      : doorsOf(rendered).filter(({ preferred }) => usedPorts.every(({ port }) => port !== preferred));
    const others: number[] = [];
    for (const { preferred } of doors) if (!(await laptop.isFree(preferred))) others.push(preferred);
    if (others[0] !== undefined) {
      const remedy = `plumbline up forwards to others in their place, and prints them; lsof -i :${others[0]} shows by whom`;
      findings.push(warning('taken, so kubectl port-forward fails there', `port ${others.join(', ')}`, remedy));
    }
    const taken = own ? 'something takes traces at 4318 already' : `${usedPorts.length} ports`;
    return { seen: taken, findings };
  },
};
