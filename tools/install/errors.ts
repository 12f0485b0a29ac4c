/** A program that an installation ran did not succeed. */
export class CommandFailedError extends Error {
  readonly code = 'COMMAND_FAILED';

  constructor(
    readonly command: string,
    readonly outcome: string,
    options?: ErrorOptions,
  ) {
    super(`${command}: ${outcome}`, options);
    this.name = 'CommandFailedError';
  }
}

/** Package clients that the missing tools need are not on this machine, or are too old. */
export class ClientsMissingError extends Error {
  readonly code = 'CLIENTS_MISSING';

  /** @param problems one sentence a client: what is wrong, and what to install */
  constructor(readonly problems: readonly string[]) {
    super(`The tools cannot be installed yet:\n${problems.map((problem) => `  - ${problem}`).join('\n')}`);
    this.name = 'ClientsMissingError';
  }
}

/** An unknown name was given to `--only`. */
export class UnknownToolError extends Error {
  readonly code = 'UNKNOWN_TOOL';

  constructor(
    readonly tool: string,
    known: readonly string[],
  ) {
    super(`There is no tool "${tool}"; known are ${known.join(', ')}`);
    this.name = 'UnknownToolError';
  }
}
