import { labelsOf, literal, nameOf, type Workload } from './workload.ts'

export interface Environment {
  documents: object[]
  from: object[]
  values: object[]
  /** Names of what went into the Secret. */
  secret: string[]
}

/** By their names: what sounds secret goes into a Secret. A name that is no key of a ConfigMap is said at the container. */
export function environmentOf(workload: Workload): Environment {
  const pairs = workload.settings.environment.map((pair): [string, string] => [pair.split('=', 1)[0] ?? '', pair.includes('=') ? pair.slice(pair.indexOf('=') + 1) : ''])
  const secret = Object.fromEntries(pairs.filter(([key]) => isKey(key) && soundsSecret(key)))
  const plain = Object.fromEntries(pairs.filter(([key]) => isKey(key) && !soundsSecret(key)))
  const [hasPlain, hasSecret] = [plain, secret].map((one) => Object.keys(one).length > 0)
  const metadata = { name: `${nameOf(workload.settings.name)}-env`, labels: labelsOf(workload) }
  return {
    documents: [...(hasPlain ? [{ apiVersion: 'v1', kind: 'ConfigMap', metadata, data: plain }] : []), ...(hasSecret ? [{ apiVersion: 'v1', kind: 'Secret', metadata, type: 'Opaque', stringData: secret }] : [])],
    from: [...(hasPlain ? [{ configMapRef: { name: metadata.name } }] : []), ...(hasSecret ? [{ secretRef: { name: metadata.name } }] : [])],
    values: pairs.filter(([key]) => !isKey(key) && key !== '').map(([key, value]) => ({ name: key, value: literal(value) })),
    secret: Object.keys(secret),
  }
}
const isKey = (key: string) => /^[A-Za-z_][A-Za-z0-9_.-]{0,252}$/.test(key)
const soundsSecret = (key: string) => /pass(word|wd|phrase)?|secret|token|credential|private|api_?key|access_?key/i.test(key)
