import { randomBytes, randomInt } from 'node:crypto';

const upperCase = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const digits = '0123456789';
const lowerCase = upperCase.toLowerCase();

/** 20 upper-case letters and digits, 103 bits, in the form of an AWS access key id. */
export function randomAccessKeyId(): string {
  return randomText(20, upperCase + digits);
}

/** 40 letters and digits, 238 bits; no character that a shell, a URL or YAML would take for something else. */
export function randomPassword(): string {
  return randomText(40, upperCase + lowerCase + digits);
}

/** 32 bytes in base64 for URLs, padded: a key of Fernet, as Airflow encrypts with. */
export function randomBase64Key(): string {
  return randomBytes(32).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function randomText(length: number, alphabet: string): string {
  return Array.from({ length }, () => alphabet.charAt(randomInt(alphabet.length))).join('');
}
