import { execFileSync } from 'node:child_process';

/** What a script prints in a process that has started as `npm run synth` starts cdk8s. */
function printed(script: string): string {
  const args = ['--require', require.resolve('./quick-start.cjs'), '--eval', script];
  return execFileSync(process.execPath, args, { encoding: 'utf8', cwd: __dirname }).trim();
}

const cli = `const cli = require('node:module').createRequire(require.resolve('cdk8s-cli/package.json'));`;

describe('The quick start of cdk8s', () => {
  it('loads every command without jsii and its compiler, which only some use', () => {
    const commands = `${cli}
      const before = Object.keys(require.cache).length;
      for (const name of ['import', 'init', 'synth']) cli('./lib/cli/cmds/' + name + '.js');
      const loaded = Object.keys(require.cache);
      console.log(loaded.length > before + 20, loaded.filter((path) => /jsii-rosetta|typescript/.test(path)).length);`;
    expect(printed(commands)).toBe('true 0');
  });

  it('gives a command that uses them the packages themselves', () => {
    expect(printed(`${cli} console.log(cli('jsii-pacmak').TargetName.PYTHON);`)).toBe('python');
    expect(printed(`${cli} console.log(cli('json2jsii').TypeGenerator.name);`)).toBe('TypeGenerator');
    expect(printed(`${cli} cli('codemaker').CodeMaker; console.log(typeof cli('codemaker').CodeMaker);`)).toBe(
      'function',
    );
  });
});
