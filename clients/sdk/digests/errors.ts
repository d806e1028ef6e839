const sentences = {
  'empty': 'There is nothing to canonicalise.',
  'too-long': 'The identifier is longer than its scheme allows.',
  'unsupported-scheme': 'Only http, https, ftp, ws and wss URLs can be canonicalised.',
  'userinfo-without-scheme': 'A user name before the host needs a URL scheme; this may be an e-mail address.',
  'no-host': 'The URL has no host.',
  'bad-host': 'The host cannot be a host name.',
  'bad-ip': 'The host ends like an IP address but is none.',
  'bad-port': 'The port is not a number from 0 to 65535.',
  'bad-email': 'This is not a plain e-mail address.',
  'bad-phone': 'This is not a possible phone number.',
  'country-needed': 'A phone number without its country calling code needs a default country.',
  'bad-country': 'The default country is not a known ISO 3166-1 alpha-2 code.',
  'bad-platform': 'The platform is not a domain name.',
  'bad-handle': 'The handle is empty, or holds white space, an invisible character, "@" or "/".',
  'bad-id': 'The account id is empty, or holds white space or a control character.',
  'unknown-scheme': 'The digest scheme is unknown, or not of the kind that is needed here.',
  'not-hex': 'The digest is not written in hexadecimal digits.',
  'wrong-length': 'The digest does not have the length of its scheme.',
} as const;

/** The stable word for why an identifier has no canonical form. Codes are added, never changed. */
export type CanonicalisationCode = keyof typeof sentences;

/**
 * An identifier or digest that its scheme cannot bring into canonical form. `code` is stable; neither it nor
 * the message ever holds any part of the input, so both may be logged.
 */
export class CanonicalisationError extends Error {
  readonly code: CanonicalisationCode;

  constructor(code: CanonicalisationCode) {
    super(sentences[code]);
    this.name = 'CanonicalisationError';
    this.code = code;
  }
}
