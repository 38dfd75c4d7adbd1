import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { EngineError } from '#shared/errors.ts'

/** A password as it is kept: nobody finds it out from this. https://www.rfc-editor.org/rfc/rfc7914 */
export interface PasswordHash {
  /** Base64. */
  salt: string
  hash: string
  /** CPU and memory cost. */
  cost: number
}

/** 32 MiB and some 80 ms a guess. */
const COST = 2 ** 15
const BLOCK = 8
const LENGTH = 32
export const PASSWORD_LIMIT = 1024

export async function hashPassword(password: string): Promise<PasswordHash> {
  const salt = randomBytes(16)
  return { salt: salt.toString('base64'), hash: (await derive(password, salt, COST)).toString('base64'), cost: COST }
}

export async function isPassword(password: string, { salt, hash, cost }: PasswordHash): Promise<boolean> {
  if (password.length > PASSWORD_LIMIT) return false
  const wanted = Buffer.from(hash, 'base64')
  const found = await derive(password, Buffer.from(salt, 'base64'), cost)
  return wanted.length === found.length && timingSafeEqual(wanted, found)
}

function derive(password: string, salt: Buffer, cost: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, LENGTH, { N: cost, r: BLOCK, p: 1, maxmem: 256 * cost * BLOCK }, (error, key) => (error ? reject(new EngineError('internal', `scrypt: ${error.message}`, { cause: error })) : resolve(key)))
  })
}
