/** What an autoencoder refuses. */
export type AutoencoderErrorCode =
  | 'PLUMBLINE_AUTOENCODER_BACKEND'
  | 'PLUMBLINE_AUTOENCODER_FEATURES'
  | 'PLUMBLINE_AUTOENCODER_FILES'
  | 'PLUMBLINE_AUTOENCODER_TRAINING';

/** Thrown where an autoencoder cannot be trained, loaded or asked. */
export class AutoencoderError extends Error {
  override readonly name = 'AutoencoderError';
  constructor(
    readonly code: AutoencoderErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
