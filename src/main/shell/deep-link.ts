import { isEngineError } from '#shared/errors.ts'
import { familiarName, parseReference } from '#shared/oci/reference.ts'

/**
 * An address of ours, `slipway://run?image=nginx`, as the page's own address. It opens a view or a form, filled in: whatever would be
 * done stays a button that somebody has to press. Undefined for what is none of the few that are known.
 */
export function readDeepLink(text: string): string | undefined {
  if (text.length > 2048 || !URL.canParse(text)) return undefined
  const { protocol, hostname, searchParams } = new URL(text)
  if (protocol !== 'slipway:') return undefined
  const query = (name: string) => searchParams.get(name) ?? ''
  if (hostname === 'run') return imagePath('/containers?run=', query('image'))
  if (hostname === 'pull') return imagePath('/images?pull=', query('image'))
  if (hostname === 'container' || hostname === 'logs') return /^[a-zA-Z0-9][\w.-]*$/.test(query('name')) ? (hostname === 'logs' ? `/logs?container=${query('name')}` : `/containers/${query('name')}`) : undefined
  return undefined
}

function imagePath(path: string, image: string): string | undefined {
  try {
    return `${path}${encodeURIComponent(familiarName(parseReference(image)))}`
  } catch (error) {
    if (isEngineError(error)) return undefined
    throw error
  }
}
