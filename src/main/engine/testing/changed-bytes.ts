import fc from 'fast-check'

/** Well-formed beginnings with some bytes changed, cut, doubled: what pure noise never reaches. */
export const changedBytes = (corpus: readonly Uint8Array[]) =>
  fc.tuple(fc.constantFrom(...corpus), fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }), fc.constantFrom('set', 'cut', 'double', 'insert')), { maxLength: 12 })).map(([bytes, changes]) => {
    let out = Buffer.from(bytes)
    for (const [place, value, how] of changes) {
      const at = place % (out.length + 1)
      if (how === 'set') out[at] = value
      else if (how === 'cut') out = out.subarray(0, Math.max(1, at))
      else if (how === 'double') out = Buffer.concat([out, out.subarray(at, at + 512)])
      else out = Buffer.concat([out.subarray(0, at), Buffer.from([value]), out.subarray(at)])
    }
    return out
  })
