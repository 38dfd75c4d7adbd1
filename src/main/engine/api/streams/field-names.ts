/** Docker does not mind the case of a field's name, and docker-py relies on it (`CPURealtimePeriod`, `detachKeys`). `names`: as they are spelled here, with blanks between. */
export function spelled<Body extends object>(names: string, given: Body): Body {
  const known = new Map(names.split(' ').map((name) => [name.toLowerCase(), name]))
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [known.get(name.toLowerCase()) ?? name, value])) as Body
}
