import type { ClientFrame } from '#shared/contract/bridge.ts'

type Check = (frame: Record<string, unknown>) => boolean
const text: Check = (frame) => typeof frame['id'] === 'string' && frame['id'].length <= 128
const count = (key: string) => (frame: Record<string, unknown>) => Number.isSafeInteger(frame[key]) && Number(frame[key]) >= 0
const numbered = count('id')

const checks: Record<ClientFrame['kind'], Check> = {
  call: (frame) => text(frame) && typeof frame['path'] === 'string' && (frame['connection'] === undefined || typeof frame['connection'] === 'string'),
  cancel: text,
  subscribe: () => true,
  'events.ack': count('sequence'),
  'stream.open': (frame) => numbered(frame) && typeof frame['name'] === 'string',
  'stream.send': numbered,
  'stream.ack': (frame) => numbered(frame) && count('cost')(frame),
  'stream.close': numbered,
}

/** The frame, when it is one. What it carries (request, message) is still unchecked. */
export function parseFrame(raw: unknown): ClientFrame | undefined {
  if (typeof raw !== 'object' || raw === null) return undefined
  const frame = raw as Record<string, unknown>
  const kind = frame['kind']
  if (typeof kind !== 'string' || !Object.hasOwn(checks, kind)) return undefined
  return checks[kind as ClientFrame['kind']](frame) ? (frame as ClientFrame) : undefined
}
