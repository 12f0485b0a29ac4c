/** A tool is not installed, or was made from other pins than today's. */
export class ToolMissingError extends Error {
  readonly code = 'TOOL_MISSING';

  constructor(
    readonly tool: string,
    readonly version: string,
    readonly home: string,
  ) {
    super(`${tool} ${version} is not installed in ${home}: run \`npm run tools -- --only ${tool}\``);
    this.name = 'ToolMissingError';
  }
}

/** A program that comes from the system's own packages is not there. */
export class ProgramMissingError extends Error {
  readonly code = 'PROGRAM_MISSING';

  constructor(
    readonly program: string,
    readonly debianPackage: string,
  ) {
    super(`${program} is not on this machine: install the package ${debianPackage}`);
    this.name = 'ProgramMissingError';
  }
}

/** A server ended, or did not become ready in time. The message ends with the tail of its log. */
export class PeerFailedError extends Error {
  readonly code = 'PEER_FAILED';

  constructor(
    readonly peer: string,
    readonly outcome: string,
    readonly logTail: string,
  ) {
    super(`${peer} ${outcome}; its log ends with:\n${logTail}`);
    this.name = 'PeerFailedError';
  }
}

/** A program that runs to its end ended badly. The message has the tail of what it printed. */
export class ProgramFailedError extends Error {
  readonly code = 'PROGRAM_FAILED';

  constructor(
    readonly program: string,
    readonly outcome: string,
    readonly output: string,
  ) {
    super(`${program} ${outcome}: ${output}`);
    this.name = 'ProgramFailedError';
  }
}

/** Entries of a substitution table do not occur in the text, so the table no longer describes what is rendered. */
export class AddressNotFoundError extends Error {
  readonly code = 'ADDRESS_NOT_FOUND';

  constructor(readonly addresses: readonly string[]) {
    super(`Not found in the text, so nothing to substitute: ${addresses.join(', ')}`);
    this.name = 'AddressNotFoundError';
  }
}
