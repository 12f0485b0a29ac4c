import type { Evidence } from '@plumbline/wire';

/** A measured change at one service, before it is put into words. Times are milliseconds. */
export interface Fact {
  readonly kind: Evidence['kind'];
  readonly service: string;
  readonly operation: string;
  readonly callee?: string;
  readonly signal: string;
  readonly unit: Evidence['unit'];
  readonly before: number;
  readonly now: number;
  readonly normalLow?: number;
  readonly normalHigh?: number;
  readonly spans: number;
  /** Share of the whole incident's change of this class (time, errors or calls) that this is. */
  readonly share: number;
}

/** One class of symptom, divided among the services that may have brought it about. */
export interface Attribution {
  /** Share of the class by service, adding up to at most 1. */
  readonly shares: ReadonlyMap<string, number>;
  /** How much of a change there is to explain, from 0 (none) to 1 (any reader would call it one). */
  readonly materiality: number;
  readonly facts: readonly Fact[];
}

/** Accumulates amounts by service and turns them into shares. */
export class Ledger {
  private readonly amounts = new Map<string, number>();
  private readonly entries: { readonly amount: number; readonly fact: Omit<Fact, 'share'> }[] = [];

  add(service: string, amount: number): void {
    this.amounts.set(service, (this.amounts.get(service) ?? 0) + amount);
  }

  /** Adds an amount that a fact shows; the fact belongs to its own service, whoever is charged. */
  charge(service: string, amount: number, fact: Omit<Fact, 'share'>): void {
    this.add(service, amount);
    this.entries.push({ amount, fact });
  }

  of(service: string): number {
    return this.amounts.get(service) ?? 0;
  }

  get services(): string[] {
    return [...this.amounts.keys()].sort();
  }

  get total(): number {
    return this.services.reduce((sum, service) => sum + Math.max(0, this.of(service)), 0);
  }

  result(materiality: number): Attribution {
    const { total } = this;
    const shares = new Map(
      this.services.map((service) => [service, total > 0 ? Math.max(0, this.of(service)) / total : 0] as const),
    );
    const facts = this.entries.map(({ amount, fact }) => ({ ...fact, share: total > 0 ? amount / total : 0 }));
    return { shares, materiality: Math.min(Math.max(materiality, 0), 1), facts };
  }
}
