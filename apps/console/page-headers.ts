import { secureHeaders } from 'hono/secure-headers';

type Policy = NonNullable<NonNullable<Parameters<typeof secureHeaders>[0]>['contentSecurityPolicy']>;

/**
 * Headers of our pages: nothing but their own style sheet and pictures is loaded, and nobody shows them in a frame.
 *
 * @param formAction where forms may be sent
 */
export function pageHeaders(
  formAction: NonNullable<Policy['formAction']> = ["'none'"],
): ReturnType<typeof secureHeaders> {
  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'none'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction,
      frameAncestors: ["'none'"],
    },
    xFrameOptions: 'DENY',
    // Nothing goes to other sites. Without a referrer at all, browsers send forms with the origin "null", also to ourselves.
    referrerPolicy: 'same-origin',
    // TLS ends in front of this server, where there is any.
    strictTransportSecurity: false,
  });
}
