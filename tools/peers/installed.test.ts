import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToolMissingError } from './errors';
import { program } from './installed';
import { startTempo } from './tempo';

describe('A tool that is not installed', () => {
  const home = process.env.PLUMBLINE_TOOLS;
  let empty: string;

  beforeEach(async () => {
    empty = await mkdtemp(join(tmpdir(), 'no-tools-'));
    process.env.PLUMBLINE_TOOLS = empty;
  });
  afterEach(async () => {
    if (home === undefined) delete process.env.PLUMBLINE_TOOLS;
    else process.env.PLUMBLINE_TOOLS = home;
    await rm(empty, { recursive: true });
  });

  it('is a failure that says what to run', () => {
    expect(() => program('otelcol')).toThrow(ToolMissingError);
    expect(() => program('otelcol')).toThrow(`is not installed in ${empty}: run \`npm run tools -- --only otelcol\``);
  });

  it('fails the start of its server', async () => {
    await expect(startTempo('server: {http_listen_port: 3200}')).rejects.toThrow(ToolMissingError);
  });
});
