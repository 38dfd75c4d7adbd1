import { once } from 'node:events'
import { Readable } from 'node:stream'
import { extract, pack, type Pack } from 'tar-stream'

type HeaderArgument = Parameters<Pack['entry']>[0]

export interface TarItem {
  name: string
  mode: number
  uid?: number
  gid?: number
  type?: 'file' | 'directory'
  content?: Buffer
}

/** A small archive, whole. */
export function tarOf(items: readonly TarItem[]): Readable {
  const archive = pack()
  for (const { content, ...header } of items) archive.entry(header, content ?? Buffer.alloc(0))
  archive.finalize()
  return readable(archive)
}

/** An archive that is written while it is read, never further ahead than its reader wants. */
export function openTar() {
  const archive = pack()
  let broken: (error: unknown) => void = () => {}
  const failure = new Promise<never>((_, reject) => (broken = reject))
  failure.catch(() => {})
  return {
    stream: readable(archive),
    /** Whoever reads it has failed: what is being written fails with the same. */
    fail: (error: unknown) => broken(error),
    /** @returns takes the content, as many bytes as the header says. */
    add(header: HeaderArgument): { write(bytes: Uint8Array): Promise<void>; end(): Promise<void> } {
      const done = Promise.withResolvers<void>()
      const sink = archive.entry(header, (error) => (error ? done.reject(error) : done.resolve()))
      done.promise.catch(() => {})
      return {
        async write(bytes) {
          if (!sink.write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))) await Promise.race([once(sink, 'drain'), failure])
        },
        async end() {
          sink.end(Buffer.alloc(0))
          await Promise.race([done.promise, failure])
        },
      }
    },
    end: () => archive.finalize(),
  }
}
export type OpenTar = ReturnType<typeof openTar>

/** Several archives as one. What an archive calls by a dot goes below its prefix. */
export async function* joinTars(parts: readonly { prefix: string; open: () => Promise<Readable> }[]): AsyncGenerator<Uint8Array> {
  const archive = pack()
  const fill = async () => {
    for (const { prefix, open } of parts) {
      const below = (name: string) => (prefix !== '' && /^\.(\/|$)/.test(name) ? prefix + name.slice(1) : name)
      for await (const entry of (await open()).pipe(extract())) {
        const { header } = entry
        const moved = { ...header, name: below(header.name), ...(header.type === 'link' && { linkname: below(header.linkname ?? '') }) }
        const sink = archive.entry(withoutPaxNames(moved))
        for await (const bytes of entry as AsyncIterable<Buffer>) if (!sink.write(bytes)) await once(sink, 'drain')
        sink.end(Buffer.alloc(0))
      }
    }
    archive.finalize()
  }
  void fill().catch((error: unknown) => archive.destroy(error instanceof Error ? error : new Error(String(error))))
  yield* archive as AsyncIterable<Uint8Array>
}

/** The names are said by the header; an extended one would say the old ones. */
function withoutPaxNames(header: HeaderArgument): HeaderArgument {
  const { path: _path, linkpath: _linkpath, ...pax } = (header.pax ?? {}) as Record<string, string>
  return { ...header, pax } as HeaderArgument
}

const readable = (archive: Pack) => Readable.from(archive as AsyncIterable<Uint8Array>, { objectMode: false })
