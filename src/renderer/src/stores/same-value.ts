/** Whether two values that crossed as data say the same. What is the same thing is not looked into. */
export function isSameValue(one: unknown, other: unknown): boolean {
  if (one === other) return true
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null || Array.isArray(one) !== Array.isArray(other)) return false
  const [these, those] = [one as Record<string, unknown>, other as Record<string, unknown>]
  const names = Object.keys(these)
  return names.length === Object.keys(those).length && names.every((name) => name in those && isSameValue(these[name], those[name]))
}

/**
 * The next item, in which every field that says what it said is the very same as before; the one before where all do. What crosses from another process is
 * new throughout: so whoever draws a container's networks need not look at them because it has ended.
 */
export function keepingSame<Item extends object>(before: Item | undefined, next: Item): Item {
  if (!before) return next
  let kept: Item | undefined
  let same = true
  for (const name in next) {
    const [known, value] = [before[name], next[name]]
    if (known === value && (value !== undefined || name in before)) continue
    if (typeof value === 'object' && isSameValue(known, value)) (kept ??= { ...next })[name] = known
    else same = false
  }
  return same && Object.keys(before).length === Object.keys(next).length ? before : (kept ?? next)
}
