import { Command, InvalidArgumentError } from 'commander';
import type { SizeArguments } from '../size/answer';
import { priceExample } from '../size/example';

export function sizeCommand(): Command {
  return new Command('size')
    .description('tell how large everything has to be for a load: replicas, CPU, memory, disk, objects, a rough price')
    .option('--spans <n>', 'spans a second, at the busiest', quantity, 0)
    .option('--span-bytes <n>', 'bytes of a span in OTLP (default: 329)', quantity)
    .option('--samples <n>', 'samples a second that Prometheus takes', quantity)
    .option('--series <n>', 'series that get samples; instead of samples, or beside them', quantity)
    .option('--scrape-interval <seconds>', 'how often a series gets one (default: 30)', quantity)
    .option('--logs <GB>', 'gigabytes of lines on a day', quantity, 0)
    .option('--keep-traces <days>', 'in Tempo (default: 30)', quantity)
    .option('--keep-metrics <days>', 'in Prometheus (default: 15)', quantity)
    .option('--keep-long-term-metrics <days>', 'in Mimir (default: 0, no Mimir)', quantity)
    .option('--keep-logs <days>', 'in Loki (default: 30)', quantity)
    .option('--keep-stream <days>', 'in topics (default: 1)', quantity)
    .option('--keep-anomalies <days>', 'anomalous traces, whole (default: 30)', quantity)
    .option('--replication <1|3>', 'copies of what brokers and stores hold (default: 1)', quantity)
    .option('--queries <n>', 'questions a second to each store (default: 1)', quantity)
    .option('--prices <file>', 'prices of a month, JSON or YAML (default: round figures in USD)')
    .option('--objects-elsewhere', 'the object store is somebody else’s, and paid by what is in it')
    .option('--json', 'print the outcome as one JSON line; bytes and cores')
    .addHelpText(
      'after',
      `
Formulas, where each comes from, and how they compare with what others say: docs/reference/sizing.md. What is measured was measured on one
machine with one kind of spans and lines: read it as the right order, then look at the dashboards Capacity and Cost.
Prices: ${priceExample}

Examples:
  plumbline size --spans 5000 --series 300000 --logs 20
  plumbline size --spans 25000 --samples 1000000 --logs 100 --keep-long-term-metrics 365 --replication 3`,
    )
    .action(async (given: SizeArguments) => {
      const { answer } = await import('../size/answer.js');
      console.log(answer(given));
    });
}

function quantity(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new InvalidArgumentError('give a number of 0 or more.');
  return value;
}
