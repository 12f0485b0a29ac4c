import { images } from '../../constructs';
import { thesis } from '../../environments';
import { workerImage } from './reference';

const rendered = `${images.workers.repository}:${images.workers.tag}`;

describe('The name of the worker image', () => {
  it('is the one that the environment renders', () => {
    expect(workerImage()).toEqual({ environment: thesis, reference: rendered, rendered });
    expect(workerImage({ environment: 'thesis' }).reference).toBe(rendered);
  });

  it('may have another registry and tag, and it is known that the environment renders something else', () => {
    expect(workerImage({ registry: 'localhost:5000/me', tag: 'try.1' })).toMatchObject({
      reference: 'localhost:5000/me/plumbline-workers:try.1',
      rendered,
    });
  });

  it('is refused where nobody could find the image by it', () => {
    expect(() => workerImage({ environment: 'nope' })).toThrow('there is no environment "nope": known are thesis');
    expect(() => workerImage({ tag: 'latest' })).toThrow('"latest" is no tag');
    expect(() => workerImage({ tag: 'a b' })).toThrow('"a b" is no tag');
    expect(() => workerImage({ registry: 'https://x' })).toThrow('registry is "https://x"');
  });
});
