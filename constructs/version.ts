/** Version of the library, and the tag of the image of its workers and jobs. */
export const version = '0.1.0';
