import { contextOf, serve, type TestServer } from '../testing';
import { buckets } from './buckets';

const environment = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'very secret' };
const versioned = { status: 200, text: '<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>' };

describe('the check of buckets', () => {
  let server: TestServer | undefined;
  afterEach(() => server?.close());

  /** @param missing answered with this status */
  async function run(missing?: { readonly bucket: string; readonly status: number }) {
    server = await serve((path) => {
      if (path.includes(`/${missing?.bucket ?? '-'}`)) return { status: missing?.status ?? 404, text: '' };
      return path.includes('versioning') ? versioned : { status: 200, text: '' };
    });
    return buckets.run(contextOf({ given: { s3: server.url }, environment }));
  }

  it('passes when all are there', async () => {
    expect(await run()).toEqual({ result: 'passed', seen: '3 buckets: anomaly-data, ml-models, tempo-traces' });
  });

  it('fails for one that is not there, and names it', async () => {
    expect(await run({ bucket: 'tempo-traces', status: 404 })).toMatchObject({
      result: 'failed',
      details: ['tempo-traces is not there'],
    });
  });

  it('cannot be told when the credentials are refused, and prints none', async () => {
    const error: unknown = await run({ bucket: 'ml-models', status: 403 }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      message: expect.stringContaining('does not say whether there is a bucket ml-models: status 403') as string,
      todo: expect.stringContaining('the credentials are refused') as string,
    });
    expect(JSON.stringify(error)).not.toContain('very secret');
  });
});
