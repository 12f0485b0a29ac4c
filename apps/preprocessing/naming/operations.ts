import { ByteInterner } from './byte-interner';
import { IntTuples } from './int-tuples';
import { templateName } from './template';

/** What operations beyond the limit of their service are called together. */
export const otherOperation = 'other';
const unnamed = 'unnamed';

const maxNames = 65_536;
/** Combinations of service, name, method and route that are remembered. */
const maxKnown = 262_144;
const maxNameBytes = 8 * 1024 * 1024;
/** What is beyond makes no difference to the name. */
const maxTextBytes = 2048;
const methods = /^(?:HTTP )?(GET|HEAD|POST|PUT|DELETE|CONNECT|OPTIONS|TRACE|PATCH|QUERY)\b/;

/** Positions of a text, `start === end` where there is none. */
export interface TextPosition {
  readonly start: number;
  readonly end: number;
}

/**
 * Names operations: the span's name with identifiers taken out, or method and route where a name lacks them. A service
 * has at most so many; what comes later is `other`. Names once given stay, so a span gets the same one again.
 */
export class Operations {
  /** Names by number. */
  readonly names: string[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly perService: Set<number>[] = [];
  private readonly sent = new ByteInterner(maxNames, maxNameBytes);
  private readonly known = new IntTuples();

  constructor(
    private readonly maxPerService: number,
    private readonly onOther: () => void,
  ) {}

  /** Number of the operation of a span of a service. Method and route are empty where the span has none. */
  number(service: number, view: DataView, name: TextPosition, method: TextPosition, route: TextPosition): number {
    if (this.sent.nearlyFull || this.known.size >= maxKnown) {
      this.sent.clear();
      this.known.clear();
    }
    const nameIndex = this.index(view, name);
    const methodIndex = this.index(view, method);
    const routeIndex = this.index(view, route);
    let number = this.known.get(service, nameIndex, methodIndex, routeIndex);
    if (number < 0) {
      number = this.find(service, nameIndex, methodIndex, routeIndex);
      this.known.set(service, nameIndex, methodIndex, routeIndex, number);
    }
    return number;
  }

  private index(view: DataView, { start, end }: TextPosition): number {
    return this.sent.index(view, start, Math.min(end, start + maxTextBytes));
  }

  private find(service: number, name: number, method: number, route: number): number {
    return this.add(service, operationName(this.sent.text(name), this.sent.text(method), this.sent.text(route)));
  }

  private add(service: number, name: string): number {
    const own = (this.perService[service] ??= new Set());
    let number = this.numbers.get(name);
    if (number !== undefined && own.has(number)) return number;
    if (own.size >= this.maxPerService && name !== otherOperation) {
      this.onOther();
      return this.add(service, otherOperation);
    }
    if (number === undefined) {
      number = this.names.length;
      this.names.push(name);
      this.numbers.set(name, number);
    }
    own.add(number);
    return number;
  }
}

/** Name of an operation from the name of a span, its HTTP method and its route; empty where it has none. */
export function operationName(name: string, method: string, route: string): string {
  if (route !== '' && !name.includes(route)) {
    const verb = method === '' ? methods.exec(name)?.[1] : method;
    return templateName(`${verb ?? name} ${route}`.trim());
  }
  return templateName(name) || unnamed;
}
