/** Eight colours (tokens `--identity-0` to `-7`) that colour-blind eyes tell apart, for things that are told apart by name. */
export const IDENTITY_COLOURS = 8

const taken = new Map<string, number>()

/** The colour of a name: the same for as long as the app is open, and not that of another while there are free ones. */
export function identityColour(name: string): string {
  let slot = taken.get(name)
  if (slot === undefined) {
    slot = freeSlot(hash(name) % IDENTITY_COLOURS)
    taken.set(name, slot)
  }
  return `var(--identity-${slot})`
}

/** From the wished one on, the first that fewest have. */
function freeSlot(wished: number): number {
  const uses = Array.from({ length: IDENTITY_COLOURS }, () => 0)
  for (const slot of taken.values()) uses[slot] = (uses[slot] ?? 0) + 1
  const least = Math.min(...uses)
  for (let step = 0; ; step++) {
    const slot = (wished + step) % IDENTITY_COLOURS
    if (uses[slot] === least) return slot
  }
}

function hash(text: string): number {
  let value = 2_166_136_261
  for (const character of text) value = Math.imul(value ^ (character.codePointAt(0) ?? 0), 16_777_619)
  return value >>> 0
}
