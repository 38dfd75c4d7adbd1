/** What a table draws: a row, or the head of a group of rows. */
export type Line<Row> = { kind: 'row'; key: string; row: Row; grouped: boolean } | { kind: 'group'; key: string; name: string; rows: readonly Row[]; folded: boolean }

export const groupKey = (name: string): string => `group ${name}`

/** Groups by name, each with its rows behind it in their order unless folded; then the rows that are in none. */
export function groupLines<Row>(rows: readonly Row[], keyOf: (row: Row) => string, groupOf: ((row: Row) => string | undefined) | undefined, folded: ReadonlySet<string>): Line<Row>[] {
  const line = (row: Row, grouped: boolean): Line<Row> => ({ kind: 'row', key: keyOf(row), row, grouped })
  if (!groupOf) return rows.map((row) => line(row, false))
  const groups = Map.groupBy(rows, groupOf)
  const single = groups.get(undefined) ?? []
  groups.delete(undefined)
  const named = [...groups].map(([name, members]) => ({ name: name ?? '', members })).sort((a, b) => (a.name < b.name ? -1 : 1))
  return [
    ...named.flatMap(({ name, members }): Line<Row>[] => [{ kind: 'group', key: groupKey(name), name, rows: members, folded: folded.has(name) }, ...(folded.has(name) ? [] : members.map((row) => line(row, true)))]),
    ...single.map((row) => line(row, false)),
  ]
}
