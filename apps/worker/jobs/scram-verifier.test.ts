import { createHash, createHmac } from 'node:crypto';
import { isPasswordOf, scramVerifier } from './scram-verifier';

describe('What PostgreSQL keeps of a password', () => {
  it('proves what the client and the server of RFC 7677 say in its example', () => {
    const salt = 'W22ZaJ0SNY7soEsUEjb6gQ==';
    const nonce = 'rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0';
    const said = `n=user,r=rOprNGfwEbeRWgbNEkqO,r=${nonce},s=${salt},i=4096,c=biws,r=${nonce}`;
    const verifier = scramVerifier('pencil', Buffer.from(salt, 'base64'), 4096);
    const [storedKey, serverKey] = (verifier.split('$')[2] ?? '').split(':').map((key) => Buffer.from(key, 'base64'));
    const sign = (key = Buffer.alloc(0)) => createHmac('sha256', key).update(said).digest();
    expect(sign(serverKey).toString('base64')).toBe('6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=');
    // The proof is the client's key, hidden by a signature with what is kept of it.
    const signature = sign(storedKey);
    const proof = Buffer.from('dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=', 'base64');
    const clientKey = proof.map((byte, index) => byte ^ (signature[index] ?? 0));
    expect(createHash('sha256').update(clientKey).digest()).toEqual(storedKey);
  });

  it('says whether a password is the same, and not what it is', () => {
    const verifier = scramVerifier('a-password');
    expect(verifier).not.toContain('a-password');
    expect(scramVerifier('a-password')).not.toBe(verifier);
    expect(isPasswordOf(verifier, 'a-password')).toBe(true);
    expect(isPasswordOf(verifier, 'another')).toBe(false);
  });

  it.each([null, '', 'md5d2a5f5c8b3c1e3a0b1d2c3e4f5a6b7c8', 'SCRAM-SHA-256$4096:c2FsdA==$a2V5:a2V5'])(
    'is not of a password where it is %s',
    (kept) => {
      expect(isPasswordOf(kept, 'a-password')).toBe(false);
    },
  );
});
