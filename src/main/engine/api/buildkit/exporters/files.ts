import type { Attributes } from '../protocol/messages.ts'
import { sendFiles, sendStream } from '../session/send-files.ts'
import type { Export } from './exporters.ts'

/** The files of the result: `local` puts them into a folder of the client's, `tar` sends them as one archive. */
export async function exportFiles({ needs, sessions, solve, image, type, place }: Export): Promise<Attributes> {
  const session = await sessions.get(solve.request.Session, solve.signal)
  await solve.progress.during(type === 'local' ? 'exporting to client directory' : 'exporting to client tarball', ({ status }) =>
    needs.builder.withResult(image, async ({ folder, archive }) => {
      const name = type === 'local' ? 'copying files' : 'sending tarball'
      const sent = type === 'local' ? sendFiles(session, { folder, place }, (current) => status(name, { current })) : sendStream(session, { stream: archive(), place }, (current) => status(name, { current }))
      status(name, { current: await sent }, true)
    }),
  )
  return {}
}
