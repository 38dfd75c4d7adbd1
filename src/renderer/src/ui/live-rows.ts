import { shallowReactive, toRaw, watch } from 'vue'

/** Takes over what differs, field by field: of a shallowly reactive object, who looks at one field is told when that one changes, and of no other. */
export function takeOver<Item extends object>(live: Item, next: Item): void {
  const known = toRaw(live)
  for (const field of Object.keys(known) as (keyof Item)[]) if (!(field in next)) delete live[field]
  for (const field of Object.keys(next) as (keyof Item)[]) if (known[field] !== next[field] || !(field in known)) live[field] = next[field]
}

/**
 * The rows in sight as objects that stay: each takes over what its row becomes, so that a cell is drawn again where what it looks at has changed, and the row
 * around it is not.
 * @returns the one that stands for a row.
 */
export function useLiveRows<Row extends object>(inSight: () => readonly { key: string; row: Row }[]): (key: string, row: Row) => Row {
  const lives = new Map<string, Row>()
  function liveOf(key: string, row: Row): Row {
    const live = lives.get(key) ?? shallowReactive({ ...row })
    lives.set(key, live)
    return live
  }
  watch(inSight, (rows) => {
    for (const { key, row } of rows) takeOver(liveOf(key, row), row)
    if (lives.size > 2 * rows.length) forgetAllBut(new Set(rows.map(({ key }) => key)))
  }, { immediate: true })
  function forgetAllBut(keys: ReadonlySet<string>) {
    for (const key of lives.keys()) if (!keys.has(key)) lives.delete(key)
  }
  return liveOf
}
