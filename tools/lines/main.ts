import { constructs, leastShare } from './constructs';
import { countFiles, rules } from './product-lines';

/** Prints how much of each construct is about its product; exit code 1 if one has too little. */
function main(): number {
  console.log(`Lines about the product, without imports and brackets. What is not about it: ${rules.join('; ')}.\n`);
  let code = 0;
  for (const [name, files] of Object.entries(constructs)) {
    const { all, product } = countFiles(files);
    const share = product / all;
    if (share < leastShare) code = 1;
    console.log(`${name.padEnd(22)} ${String(product).padStart(4)} of ${String(all).padStart(4)}  ${share.toFixed(2)}`);
  }
  return code;
}

process.exitCode = main();
