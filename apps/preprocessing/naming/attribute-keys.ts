import { ByteInterner } from './byte-interner';
import { absorbed, currentName, sides } from './semantic-conventions';

/** Attributes that say something beyond their text, by present name. */
export const roles = {
  none: 0,
  httpMethod: 1,
  httpRoute: 2,
  httpStatus: 3,
  rpcStatus: 4,
  dbSystem: 5,
  dbNamespace: 6,
  messagingSystem: 7,
  messagingDestination: 8,
  rpcSystem: 9,
  rpcService: 10,
  serverAddress: 11,
  peerService: 12,
  exceptionType: 13,
  urlTemplate: 14,
  /** These are absorbed: not written as attributes. */
  responseTime: 15,
  error: 16,
  target: 17,
} as const;
export const roleCount = 18;

const roleByName: Readonly<Record<string, number>> = {
  'http.request.method': roles.httpMethod,
  'http.route': roles.httpRoute,
  'http.response.status_code': roles.httpStatus,
  'rpc.response.status_code': roles.rpcStatus,
  'db.system.name': roles.dbSystem,
  'db.namespace': roles.dbNamespace,
  'messaging.system': roles.messagingSystem,
  'messaging.destination.name': roles.messagingDestination,
  'rpc.system.name': roles.rpcSystem,
  'rpc.service': roles.rpcService,
  'server.address': roles.serverAddress,
  'peer.service': roles.peerService,
  'exception.type': roles.exceptionType,
  'url.template': roles.urlTemplate,
  [absorbed.responseTime]: roles.responseTime,
  [absorbed.error]: roles.error,
  [absorbed.target]: roles.target,
};

const maxKeys = 65_536;
const maxKeyBytes = 4 * 1024 * 1024;

/**
 * Attribute keys as sent, and what each becomes: rewritten once a key, not once a span. Numbers are valid until
 * {@link clearWhenFull}.
 */
export class AttributeKeys {
  private readonly sent = new ByteInterner(maxKeys, maxKeyBytes);
  private readonly currentOf: [number[], number[]] = [[], []];
  private readonly renamed: [boolean[], boolean[]] = [[], []];
  private readonly names: string[] = [];
  private readonly rolesOfCurrent: number[] = [];
  private readonly byName = new Map<string, number>();

  /** Present names, by number. */
  get current(): readonly string[] {
    return this.names;
  }

  /** Number of a key as sent, −1 when the dictionary is full. */
  index(view: DataView, start: number, end: number): number {
    const index = this.sent.index(view, start, end);
    if (index >= this.currentOf[sides.client].length && index >= 0) this.add(this.sent.text(index));
    return index;
  }

  /** Number of the present name of a key. */
  currentIndex(index: number, side: 0 | 1): number {
    return this.currentOf[side][index] ?? -1;
  }

  /** Whether the key as sent is an earlier name. */
  isRenamed(index: number, side: 0 | 1): boolean {
    return this.renamed[side][index] ?? false;
  }

  /** {@link roles} of a present name. */
  role(current: number): number {
    return this.rolesOfCurrent[current] ?? roles.none;
  }

  /** Number of a present name that no span sent. */
  currentNumber(name: string): number {
    let number = this.byName.get(name);
    if (number === undefined) {
      number = this.names.length;
      this.byName.set(name, number);
      this.names.push(name);
      this.rolesOfCurrent.push(Object.hasOwn(roleByName, name) ? (roleByName[name] ?? roles.none) : roles.none);
    }
    return number;
  }

  /** Makes room. To be called only while no number is in use. */
  clearWhenFull(): void {
    if (!this.sent.nearlyFull) return;
    this.sent.clear();
    this.byName.clear();
    for (const list of [...this.currentOf, ...this.renamed, this.names, this.rolesOfCurrent]) list.length = 0;
  }

  private add(name: string): void {
    for (const side of [sides.client, sides.server]) {
      const current = currentName(name, side);
      this.currentOf[side].push(this.currentNumber(current));
      this.renamed[side].push(current !== name);
    }
  }
}
