import { preprocessingConfig } from '../config';
import { Resources } from '../naming/resources';
import { OtlpReader } from '../otlp/otlp-reader';
import { otlpRequest } from '../testing';
import { TraceAssembler } from './assemble';
import type { OpenTrace } from './open-trace';
import { SpanStore } from './span-store';

const config = preprocessingConfig({});

describe('an open trace', () => {
  it('holds on to nothing of its first record but where it was', () => {
    const emitted: OpenTrace[] = [];
    const store = new SpanStore(new Resources(config.resources, () => undefined));
    const assembler = new TraceAssembler(store, config.timings, config.assembly, (trace) => emitted.push(trace));
    const reader = new OtlpReader();
    const value = Buffer.from(otlpRequest([{ trace: 'abcd', id: '1' }]));
    const record = { offset: 7, timestampMs: 1000, value };

    reader.readRequest(value);
    assembler.advance(1000);
    assembler.add(reader.protobuf, reader.spans, 0, 0, record);
    assembler.advance(2000);

    const [trace] = emitted;
    expect(trace?.firstRecord).toEqual({ offset: 7, timestampMs: 1000 });
  });
});
