import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { QualityError } from './bench-error';

/** A row by the names of its columns. */
export type Row = (column: string) => string;

/**
 * Reads a gzipped CSV file with a head, row by row; quoted fields may hold commas, line ends and doubled quotes (RFC 4180).
 *
 * @throws {QualityError} naming a column that is asked for and not there
 */
export function* readCsv(file: string): Generator<Row> {
  const columns = new Map<string, number>();
  for (const fields of records(gunzipSync(readFileSync(file)).toString('utf8'))) {
    if (columns.size === 0) {
      fields.forEach((name, index) => columns.set(name, index));
      continue;
    }
    yield (column) => {
      const value = fields[columns.get(column) ?? -1];
      if (value === undefined) throw new QualityError(`${file}: a row without ${column}`);
      return value;
    };
  }
}

/** Fields of each record. */
export function* records(text: string): Generator<string[]> {
  let fields: string[] = [];
  let at = 0;
  while (at < text.length) {
    let value: string;
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1);
      value = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
    } else {
      const end = fieldEnd(text, at);
      value = text.slice(at, end);
      at = end;
    }
    fields.push(value);
    if (text[at] === ',') {
      at += 1;
      if (at === text.length) fields.push('');
      continue;
    }
    if (text[at] === '\r') at += 1;
    at += 1;
    yield fields;
    fields = [];
  }
  if (fields.length > 0) yield fields;
}

function closingQuote(text: string, from: number): number {
  for (let at = from; ; at += 2) {
    at = text.indexOf('"', at);
    if (at < 0) return text.length;
    if (text[at + 1] !== '"') return at;
  }
}

function fieldEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === 0x2c || char === 0x0a || char === 0x0d) break;
  }
  return at;
}
