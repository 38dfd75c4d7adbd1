import { architectureOf, formatPlatform, parsePlatform, type Platform } from '#shared/oci/platform.ts'

/** `linux/arm64/v8`, or the JSON object newer clients send. Undefined where nothing was asked for. @throws invalid-argument */
export function platformOf(text: string | undefined): Platform | undefined {
  if (!text) return undefined
  return parsePlatform(text.startsWith('{') ? fromJson(text) : text, architectureOf(process.arch))
}

function fromJson(text: string): string {
  try {
    return formatPlatform(JSON.parse(text) as Platform)
  } catch {
    return text
  }
}
