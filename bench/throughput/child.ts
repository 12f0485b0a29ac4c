import { decode, decodeByProtobufjs, preprocess, preprocessByJson, type InMemoryWork } from './in-memory';
import { detect } from './detect';
import { jobSchema, type Implementation, type Job } from './job';
import { readLoadFile } from './load-file';
import { Meter } from './meter';
import { preprocessNaivelyOverKafka, preprocessOverKafka } from './over-kafka';

/* The process that is measured: does the job in its argument and prints a `Reading` as JSON. */

const inMemory: Readonly<Record<'decode' | 'preprocess', Readonly<Record<Implementation, InMemoryWork>>>> = {
  decode: { plumbline: decode, naive: decodeByProtobufjs },
  preprocess: { plumbline: preprocess, naive: preprocessByJson },
};
const overKafka = { plumbline: preprocessOverKafka, naive: preprocessNaivelyOverKafka };

async function measure(job: Job): Promise<void> {
  const meter = new Meter(job.warmUpSpans);
  if (job.work === 'kafka') await overKafka[job.by](job, meter);
  else if (job.work === 'detect') await detect(readLoadFile(job.file), job, meter);
  else await inMemory[job.work][job.by](readLoadFile(job.file), meter);
  console.log(JSON.stringify(meter.reading()));
}

void measure(jobSchema.parse(JSON.parse(process.argv[2] ?? 'null'))).catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
