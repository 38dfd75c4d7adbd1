// What structured clone carries and the app uses: JSON, and Date, Uint8Array and undefined, which JSON does not have.

/** @param {unknown} value @returns {string} */
export const encode = (value) =>
  JSON.stringify(value, function (key) {
    const each = this[key]
    if (each instanceof Date) return { $clone: 'date', value: each.getTime() }
    if (each instanceof Uint8Array) return { $clone: 'bytes', value: [...each] }
    if (each === undefined) return { $clone: 'undefined' }
    if (typeof each === 'function' || typeof each === 'symbol') throw new DOMException('An object could not be cloned.', 'DataCloneError')
    return each
  })

/** @param {string} text @returns {unknown} */
export const decode = (text) => revive(JSON.parse(text))

function revive(value) {
  if (typeof value !== 'object' || value === null) return value
  if (value.$clone === 'date') return new Date(value.value)
  if (value.$clone === 'bytes') return Uint8Array.from(value.value)
  if (value.$clone === 'undefined') return undefined
  for (const key of Object.keys(value)) value[key] = revive(value[key])
  return value
}
