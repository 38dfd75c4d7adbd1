import { EngineError } from '#shared/errors.ts'
import type { Platform } from '#shared/oci/platform.ts'

/** `linux/arm64/v8`, or the JSON object newer clients send. Undefined where nothing was asked for. @throws invalid-argument */
export function platformOf(text: string | undefined): Platform | undefined {
  if (!text) return undefined
  const parts = text.startsWith('{') ? fromJson(text) : text.toLowerCase().split('/')
  const [os = '', architecture, variant] = parts
  if (parts.length > 3 || parts.some((part) => !/^[a-z0-9._-]+$/.test(part))) throw new EngineError('invalid-argument', `${JSON.stringify(text)}: invalid platform`, { reason: 'invalid-platform', field: 'platform', hint: 'A platform looks like linux/amd64.' })
  return { os, architecture: architecture ?? '', ...(variant && { variant }) }
}

function fromJson(text: string): string[] {
  try {
    const { os, architecture, variant } = JSON.parse(text) as Partial<Platform>
    return [os ?? '', architecture ?? '', variant].filter((part): part is string => typeof part === 'string' && part !== '')
  } catch {
    return [text]
  }
}
