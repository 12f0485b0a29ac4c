import { roles } from './attribute-keys';
import { ByteInterner } from './byte-interner';
import type { TextPosition } from './operations';

/** What peers beyond the limit are called together. */
export const otherPeer = 'peer:other';

const prefix = Buffer.from('peer:');
const http = Buffer.from('http');
const service = Buffer.from('service');
const slash = 0x2f;
/** Longest system or name, bytes. */
const maxPartBytes = 128;
const maxPeerBytes = 4 * 1024 * 1024;

/** Texts of a span's attributes by role. */
export interface RoleTexts {
  text(role: number): TextPosition;
  has(role: number): boolean;
}

/** Attributes that name a system, each with those that name one of its kind, best first. */
const systems = [
  { system: roles.dbSystem, names: [roles.dbNamespace, roles.serverAddress] },
  { system: roles.messagingSystem, names: [roles.messagingDestination, roles.serverAddress] },
  { system: roles.rpcSystem, names: [roles.rpcService, roles.serverAddress] },
] as const;

/**
 * What a call went to, where the callee sends no spans of its own: `peer:<db system>/<namespace or host>`,
 * `peer:<messaging system>/<destination>`, `peer:<rpc system>/<service>`, `peer:http/<host>`, `peer:service/<name>`.
 * Peer 0 is the empty string.
 */
export class Peers {
  private readonly interner: ByteInterner;
  private readonly scratch = Buffer.alloc(prefix.length + 2 * maxPartBytes + 1);
  private readonly scratchView = new DataView(this.scratch.buffer, this.scratch.byteOffset, this.scratch.length);
  private readonly other: number;

  constructor(
    maxPeers: number,
    private readonly onOther: () => void,
  ) {
    this.interner = new ByteInterner(maxPeers + 2, maxPeerBytes);
    this.interner.index(this.scratchView, 0, 0);
    this.scratch.write(otherPeer);
    this.other = this.interner.index(this.scratchView, 0, otherPeer.length);
    prefix.copy(this.scratch);
  }

  name(number: number): string {
    return this.interner.text(number);
  }

  /** Number of the peer that a span's attributes name, 0 when they name none. */
  number(view: DataView, texts: RoleTexts): number {
    for (const { system, names } of systems) {
      const kind = texts.text(system);
      if (kind.end === kind.start) continue;
      const at = this.append(view, kind, prefix.length);
      for (const role of names) {
        const name = texts.text(role);
        if (name.end > name.start) return this.find(this.append(view, name, this.separate(at)));
      }
      return this.find(at);
    }
    const host = texts.text(roles.serverAddress);
    const named = texts.text(roles.peerService);
    if (named.end > named.start) return this.ofKind(service, view, named);
    return host.end > host.start ? this.ofKind(http, view, host) : 0;
  }

  private ofKind(kind: Buffer, view: DataView, name: TextPosition): number {
    kind.copy(this.scratch, prefix.length);
    return this.find(this.append(view, name, this.separate(prefix.length + kind.length)));
  }

  private append(view: DataView, { start, end }: TextPosition, at: number): number {
    const length = Math.min(end - start, maxPartBytes);
    for (let i = 0; i < length; i += 1) this.scratch[at + i] = view.getUint8(start + i);
    return at + length;
  }

  private separate(at: number): number {
    this.scratch[at] = slash;
    return at + 1;
  }

  private find(end: number): number {
    const number = this.interner.index(this.scratchView, 0, end);
    if (number >= 0) return number;
    this.onOther();
    return this.other;
  }
}
