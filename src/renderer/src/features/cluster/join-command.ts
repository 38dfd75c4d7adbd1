/** What `docker swarm join-token` prints, pasted whole; undefined for anything else. */
export function readJoinCommand(text: string): { token: string; addresses: string[] } | undefined {
  const words = text.replaceAll('\\\n', ' ').trim().split(/\s+/)
  const at = words.findIndex((word) => word.startsWith('--token'))
  if (at < 0) return undefined
  const [, inline] = words[at]?.split('=') ?? []
  const token = inline ?? words[at + 1]
  const address = words.at(-1)
  return token?.startsWith('SWMTKN-') && address !== undefined && address !== token && address.includes(':') ? { token, addresses: [address] } : undefined
}
