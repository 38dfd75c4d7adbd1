import { readNetSysctl } from '../sysctl.ts'

const FALLBACK = { first: 49_153, last: 65_535 }

/** Where ports that nobody chose come from: the kernel's own range for such. */
export async function ephemeralRange(): Promise<{ first: number; last: number }> {
  const [first, last] = ((await readNetSysctl('ipv4/ip_local_port_range')) ?? '').split(/\s+/).map(Number)
  return first !== undefined && last !== undefined && first > 0 && last >= first ? { first, last } : FALLBACK
}
