/** An image cannot be made, loaded or pushed as asked; the message says what to do. */
export class ImageError extends Error {
  readonly code = 'IMAGE';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ImageError';
  }
}
