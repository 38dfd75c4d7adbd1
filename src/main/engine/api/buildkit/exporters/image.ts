import { familiarName, formatReference, type Reference } from '#shared/oci/reference.ts'
import type { Attributes } from '../protocol/messages.ts'
import { clientOf } from '../session/client.ts'
import { namesOf, resultAttributes } from './names.ts'
import type { Export } from './exporters.ts'

/** Names the image, and sends it to its registry where the client wants that. */
export async function exportImage(task: Export): Promise<Attributes> {
  const { needs, image, attributes, solve: { progress } } = task
  const names = namesOf(attributes)
  await progress.during('exporting to image', async ({ status }) => {
    status('exporting layers', undefined, true)
    status(`writing image ${image}`, undefined, true)
    for (const name of names) {
      await needs.images.tag(image, familiarName(name))
      status(`naming to ${formatReference(name)}`, undefined, true)
    }
  })
  if (attributes['push'] === 'true') for (const name of names) await push(task, name)
  return resultAttributes(image, names)
}

function push({ needs, sessions, solve }: Export, name: Reference): Promise<void> {
  return solve.progress.during(`pushing ${formatReference(name)}`, async ({ status }) => {
    const session = await sessions.get(solve.request.Session, solve.signal)
    const auth = await clientOf(session).credentials(name.registry)
    await needs.images.push(familiarName(name), {
      ...(auth && { auth }),
      signal: solve.signal,
      onProgress: ({ id, status: words, current, total }) => {
        if (id !== undefined) status(`${words.toLowerCase()} ${id}`, { current: current ?? 0, ...(total !== undefined && { total }) }, current === undefined)
      },
    })
  })
}
