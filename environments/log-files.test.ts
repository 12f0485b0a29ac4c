import { parse } from 'yaml';
import type { KubeObject } from '../constructs/invariants';
import { fileOf, renderApp } from '../constructs/testing';
import { programObjections, vectorObjections } from '../constructs/logs/vector-schema.testing';
import { platform } from '../main';
import { encrypted } from './encrypted.testing';
import { environments } from './index';
import { production } from './production';

const all = [...environments, encrypted];

interface PodOwner {
  readonly spec?: {
    readonly template?: {
      readonly spec?: {
        readonly volumes?: readonly { readonly name: string; readonly hostPath?: { readonly path: string } }[];
      };
    };
  };
}

/** Who sees files in which containers' lines are; the node's whole file system, which tells of its disks, is no such folder. */
function readersOf(objects: readonly KubeObject[]): readonly string[] {
  return objects
    .filter((object) =>
      (object as PodOwner).spec?.template?.spec?.volumes?.some(({ hostPath }) =>
        /^\/var\/(log(\/(pods|containers).*)?|lib\/docker.*)\/?$/.test(hostPath?.path ?? ''),
      ),
    )
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`);
}

describe('Each log file', () => {
  it.each(all)('is read by the agent of its node alone, if at all: $name', (environment) => {
    const agent = environment.logAgent === undefined ? [] : ['DaemonSet log-agent'];
    expect(readersOf(renderApp(platform(environment)))).toEqual(agent);
  });

  it('would be found to be read twice', () => {
    const objects = renderApp(platform(production));
    const agent = objects.find(({ kind, metadata }) => kind === 'DaemonSet' && metadata.name === 'log-agent');
    const second = { ...(agent as KubeObject), metadata: { name: 'vector-agent', namespace: 'logging' } };
    expect(readersOf([...objects, second])).toEqual(['DaemonSet log-agent', 'DaemonSet vector-agent']);
  });
});

describe('Vector in production', () => {
  const objects = renderApp(platform(production));
  const config = parse(fileOf(objects, 'vector-config', 'vector.yaml')) as {
    readonly transforms: Readonly<Record<string, { readonly source?: string }>>;
  };

  it('is told what it has names for, and programs of functions that there are', () => {
    expect(vectorObjections(config)).toEqual([]);
    const programs = Object.values(config.transforms).flatMap(({ source }) => source ?? []);
    expect(programs.length).toBeGreaterThan(3);
    expect(programs.flatMap(programObjections)).toEqual([]);
  });

  it('is where the agent sends, by TLS, and Loki is where it sends', () => {
    const agent = fileOf(objects, 'log-agent-config', 'config.alloy');
    expect(agent).toContain('endpoint = "https://vector.logging.svc.cluster.local:4318"');
    expect(agent).not.toContain('loki.write');
    expect(config).toMatchObject({ sinks: { store: { endpoint: 'https://loki.logging.svc.cluster.local:3100' } } });
  });
});
