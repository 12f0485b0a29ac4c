import { constructs, leastShare } from './constructs';
import { countFiles, countLines } from './product-lines';

describe('What is written of a construct', () => {
  it.each(Object.entries(constructs))('is mostly about the product: %s', (_name, files) => {
    const { all, product } = countFiles(files);
    expect(product / all).toBeGreaterThanOrEqual(leastShare);
  });

  it('is counted without what an editor writes', () => {
    const text = ["import { a } from 'a';", 'import {', '  b,', "} from 'b';", '', 'f({', "  image: 'x',", '});'].join(
      '\n',
    );
    expect(countLines(text)).toEqual({ all: 2, product: 2 });
  });

  it('is not about the product where every construct says the same', () => {
    const text = [
      'export class Cache extends Component {',
      '  readonly software = [images.cache];',
      '  constructor(scope: Construct, id: string, props: CacheProps = {}) {',
      '    super(scope, id, props);',
      '    const { size = 64 } = props;',
      "    const { endpoints } = this.statefulSet('cache', props, {",
      '      args: [`--size=${size}`],',
      '    });',
      '    this.cache = endpoints.cache;',
      '  }',
      '}',
    ].join('\n');
    expect(countLines(text)).toEqual({ all: 8, product: 2 });
  });
});
