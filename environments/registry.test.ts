import { images } from '../constructs';
import type { KubeObject } from '../constructs/invariants';
import { renderApp } from '../constructs/testing';
import { platform } from '../main';
import type { Environment } from './environment';
import { environments } from './index';

const [, workers] = /\/([^/]+)$/.exec(images.workers.repository) ?? [];

/** Every image that a rendered environment names, once. */
function imagesOf(environment: Environment): readonly string[] {
  const found = new Set<string>();
  const look = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(look);
    else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of Object.entries(value)) {
        if (key === 'image' && typeof inner === 'string') found.add(inner);
        else look(inner);
      }
    }
  };
  look(renderApp(platform(environment)) satisfies readonly KubeObject[]);
  return Array.from(found);
}

describe.each(environments.map((environment) => ({ name: environment.name, environment })))(
  'The environment $name',
  ({ environment }) => {
    it('has one image of all workers and jobs', () => {
      expect(imagesOf(environment).filter((image) => image.includes(`/${workers ?? ''}:`))).toHaveLength(1);
    });

    it('names the registry of that image in one place', () => {
      const named = imagesOf({ ...environment, registry: 'registry.example.org/team' });
      const ours = `registry.example.org/team/${workers ?? ''}:${images.workers.tag}`;
      expect(named.filter((image) => image.includes(`/${workers ?? ''}:`))).toEqual([ours]);
      expect(named.filter((image) => image.startsWith('registry.example.org/'))).toEqual([ours]);
    });

    it('has everything from a mirror if it says so, also what it does not build', () => {
      const named = imagesOf({ ...environment, imageRegistry: 'mirror.example.org' });
      expect(named.filter((image) => !image.startsWith('mirror.example.org/'))).toEqual([]);
      expect(named).toHaveLength(imagesOf(environment).length);
    });
  },
);
