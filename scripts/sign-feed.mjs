// Signs the lists of a release (latest*.yml) for the app's own updates: LIST.sig beside each, the base64 of an Ed25519 signature.
//   UPDATE_SIGNING_KEY=… node scripts/sign-feed.mjs FOLDER        the key in PEM
//   node scripts/sign-feed.mjs --new-key                          prints a new pair; the public half goes to resources/update-key.pem
import { createPrivateKey, generateKeyPairSync, sign } from 'node:crypto'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const isList = (name) => /^latest.*\.yml$/.test(name)

/** @returns the lists that were signed. @throws when there is none, or the key is no Ed25519 key. */
export function signFeed(folder, pem) {
  const key = createPrivateKey(pem)
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`The key is ${key.asymmetricKeyType}; Ed25519 is expected.`)
  const lists = readdirSync(folder).filter(isList).sort()
  if (lists.length === 0) throw new Error(`There is no latest*.yml in ${folder}.`)
  for (const name of lists) writeFileSync(join(folder, `${name}.sig`), `${sign(null, readFileSync(join(folder, name)), key).toString('base64')}\n`)
  return lists
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    if (process.argv[2] === '--new-key') {
      const { privateKey, publicKey } = generateKeyPairSync('ed25519', { privateKeyEncoding: { type: 'pkcs8', format: 'pem' }, publicKeyEncoding: { type: 'spki', format: 'pem' } })
      process.stdout.write(`${privateKey}${publicKey}`)
    } else {
      if (!process.env.UPDATE_SIGNING_KEY) throw new Error('UPDATE_SIGNING_KEY is not set.')
      process.stdout.write(`${signFeed(process.argv[2] ?? 'dist', process.env.UPDATE_SIGNING_KEY).join('\n')}\n`)
    }
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}
