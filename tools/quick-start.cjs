// Preloaded by `npm run synth`. To run one command, cdk8s-cli requires what every other needs: jsii, with a TypeScript compiler of its own.
// That takes more than half a second and `synth` has no use for it, so each of these packages is loaded when something of it is read.
'use strict';
const { createRequire, Module } = require('node:module');

const cli = createRequire(require.resolve('cdk8s-cli/package.json'));
const packages = ['jsii-pacmak', 'jsii-pacmak/lib/targets/version-utils', 'jsii-srcmak', 'json2jsii', 'codemaker'];

for (const path of packages.map((name) => cli.resolve(name))) {
  const late = new Module(path);
  late.loaded = true;
  late.exports = new Proxy({}, { get: (_, key) => (key === '__esModule' ? true : load()[key]) });
  cli.cache[path] = late;
  /** The package itself, which from now on is what everybody gets who requires it. */
  const load = () => {
    if (cli.cache[path] === late) delete cli.cache[path];
    return cli(path);
  };
}
