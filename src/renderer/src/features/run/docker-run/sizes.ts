const units: Record<string, number> = { '': 1, b: 1, k: 1024, kb: 1024, kib: 1024, m: 1024 ** 2, mb: 1024 ** 2, mib: 1024 ** 2, g: 1024 ** 3, gb: 1024 ** 3, gib: 1024 ** 3, t: 1024 ** 4 }

/** Bytes of `512m` as Docker reads it: units are powers of 1024. */
export function readSize(text: string): number | undefined {
  const found = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text)
  const unit = units[found?.[2]?.toLowerCase() ?? '-']
  return found && unit !== undefined ? Math.round(Number(found[1]) * unit) : undefined
}

const parts: Record<string, number> = { h: 3600, m: 60, s: 1, ms: 0.001, us: 1e-6, ns: 1e-9 }
/** Seconds of a duration as Go writes it: `1m30s`. */
export function readSeconds(text: string): number | undefined {
  if (!/^(?:\d+(?:\.\d+)?(?:h|ms|us|ns|m|s))+$/.test(text)) return text === '0' ? 0 : undefined
  return [...text.matchAll(/(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)/g)].reduce((sum, [, amount, unit]) => sum + Number(amount) * (parts[unit ?? ''] ?? 0), 0)
}
