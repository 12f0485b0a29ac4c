import { compressSync } from 'snappy';
import { compressXerial, SnappyError, uncompress } from './snappy-codec';

const text = Buffer.from('traces '.repeat(50_000));

function xerialBlocks(blocks: readonly Buffer[]): Buffer {
  const framed = blocks.flatMap((block) => {
    const compressed = compressSync(block);
    const length = Buffer.alloc(4);
    length.writeInt32BE(compressed.length);
    return [length, compressed];
  });
  return Buffer.concat([Buffer.from('82534e4150505900' + '00000001' + '00000001', 'hex'), ...framed]);
}

describe('the Snappy codec', () => {
  it('reads one raw block, as collectors and librdkafka write it', () => {
    expect(uncompress(compressSync(text)).equals(text)).toBe(true);
  });

  it('reads xerial blocks, as Java producers write them', () => {
    const blocks = [text.subarray(0, 32_768), text.subarray(32_768, 65_536), text.subarray(65_536)];
    expect(uncompress(xerialBlocks(blocks)).equals(text)).toBe(true);
    expect(uncompress(xerialBlocks([])).length).toBe(0);
  });

  it('reads what it writes', () => {
    expect(uncompress(compressXerial(text)).equals(text)).toBe(true);
    expect(uncompress(compressXerial(Buffer.alloc(0))).length).toBe(0);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['rubbish', Buffer.from('no snappy at all')],
    ['a length beyond the end', Buffer.concat([xerialBlocks([]), Buffer.from([0, 0, 1, 0, 1])])],
    ['a negative length', Buffer.concat([xerialBlocks([]), Buffer.from([0xff, 0xff, 0xff, 0xff])])],
    ['half a length', Buffer.concat([xerialBlocks([]), Buffer.from([0, 0])])],
    ['a claim of 4 GiB', Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0x00])],
    ['a truncated block', compressSync(text).subarray(0, 20)],
  ])('refuses %s', (_, data) => {
    expect(() => uncompress(data)).toThrow(SnappyError);
  });
});
