import { EngineError, messageOf } from '#shared/errors.ts'

const untrusted = new Set(['DEPTH_ZERO_SELF_SIGNED_CERT', 'SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'CERT_SIGNATURE_FAILURE', 'CERT_UNTRUSTED', 'INVALID_CA'])

/** What is wrong between two ends of TLS, in words; undefined for what is not about TLS. None of it is mended by waiting. */
export function tlsFailure(thrown: unknown): EngineError | undefined {
  const { code = '' } = thrown as { code?: string }
  const refuse = (reason: string, message: string, hint: string) => new EngineError('unauthorized', message, { reason, hint, cause: thrown })
  if (untrusted.has(code)) return refuse('tls-untrusted', 'The engine’s certificate is signed by nobody that is trusted here.', 'Choose the CA that signed it.')
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return refuse('tls-name', `The engine’s certificate is for another name. ${messageOf(thrown)}`, 'Give the name it bears as the server name, or make a certificate for this host.')
  if (code === 'CERT_HAS_EXPIRED' || code === 'CERT_NOT_YET_VALID') return refuse('tls-expired', 'The engine’s certificate is not valid today.', 'Renew it on that machine, and check the clocks of both.')
  if (/ALERT_(CERTIFICATE_REQUIRED|BAD_CERTIFICATE|UNKNOWN_CA|HANDSHAKE_FAILURE|CERTIFICATE_EXPIRED|CERTIFICATE_UNKNOWN|ACCESS_DENIED)/.test(code)) return certificateRefused(thrown)
  if (code === 'ERR_SSL_WRONG_VERSION_NUMBER' || code === 'EPROTO') return refuse('tls-none', 'What answers there does not speak TLS.', 'Check the port; Docker uses 2376 with TLS and 2375 without.')
  if (/^ERR_(SSL|OSSL)_/.test(code)) return refuse('tls-key', `The certificate and key cannot be used (${messageOf(thrown)}).`, 'Choose a key that belongs to the certificate, without a passphrase.')
  return undefined
}

export const certificateRefused = (cause: unknown): EngineError => new EngineError('unauthorized', 'The engine did not accept the client certificate.', { reason: 'tls-client', hint: 'Choose a certificate and key signed by the CA that the engine trusts.', cause })
