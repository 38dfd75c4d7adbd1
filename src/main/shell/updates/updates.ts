/**
 * Updates of the app itself. Where a package can replace itself (AppImage, the Windows installer, the macOS app) a **channel** finds, verifies and installs
 * releases; elsewhere whoever installed the app brings them, and that is said. Nothing is downloaded before somebody asked for it. Containers have
 * their own parents and run on; the next engine finds them, and takes the records forward itself.
 */
import { serializeError } from '#shared/contract/errors.ts'
import type { Release, UpdatesBy, UpdateState } from '#shared/contract/updates.ts'
import { EngineError, messageOf } from '#shared/errors.ts'

/** A feed of releases for one kind of package. */
export interface ReleaseChannel {
  /** The newest release that is newer than what runs. @throws when the feed cannot be read or is not signed by us */
  find(): Promise<Release | undefined>
  /** @throws when it is not what the feed says; nothing is kept of it then */
  download(options: { signal: AbortSignal; tell(current: number, total: number): void }): Promise<void>
  /** Replaces the app and starts it anew; the app has let go of everything. */
  install(): void
}

export interface Updates extends Disposable {
  state(): UpdateState
  onState(listener: (state: UpdateState) => void): () => void
  check(): Promise<UpdateState>
  download(): Promise<UpdateState>
  cancel(): UpdateState
  /** @throws failed-precondition */
  install(): Promise<void>
}

export interface UpdatesOptions {
  /** Undefined where the app does not update itself. */
  channel: ReleaseChannel | undefined
  /** Who does instead. */
  by: UpdatesBy
  /** Ends the app in good order, up to its last step. */
  letGo(): Promise<void>
  /** Whether the feed is asked by itself. */
  isWanted(): boolean
  onWanted(listener: () => void): () => void
  /** Milliseconds until the feed is first asked, and then from one time to the next. */
  pace?: readonly [number, number]
}

/** The start of the app is not the moment for it; a day is soon enough. */
const usualPace = [60_000, 24 * 3600_000] as const

export function createUpdates({ channel, by, letGo, isWanted, onWanted, pace = usualPace }: UpdatesOptions): Updates {
  const { become, failed, state, onState } = createState(channel ? { status: 'current' } : { status: 'elsewhere', by })
  let downloading: AbortController | undefined
  let timer: NodeJS.Timeout | undefined

  async function check(): Promise<UpdateState> {
    // What is under way or waits is not forgotten for a question.
    if (!channel || ['checking', 'downloading', 'ready'].includes(state().status)) return state()
    become({ status: 'checking' })
    try {
      const release = await channel.find()
      return become(release ? { status: 'available', release } : { status: 'current', checked: Date.now() })
    } catch (error) {
      return failed(error)
    }
  }

  async function download(): Promise<UpdateState> {
    const now = state()
    const release = now.status === 'available' || now.status === 'failed' ? now.release : undefined
    if (!channel || !release) return now
    const { signal } = (downloading = new AbortController())
    become({ status: 'downloading', release, current: 0, total: release.bytes ?? 0 })
    try {
      await channel.download({ signal, tell: (current, total) => !signal.aborted && become({ status: 'downloading', release, current, total }) })
      return become({ status: 'ready', release })
    } catch (error) {
      return signal.aborted ? become({ status: 'available', release }) : failed(error, release)
    }
  }

  /** One that cannot be reached by itself is no news for anybody: it is asked again the next day. */
  function askByItself() {
    timer = setTimeout(askByItself, pace[1]).unref()
    const before = state()
    void check().then(({ status }) => status === 'failed' && become(before))
  }
  const schedule = () => {
    clearTimeout(timer)
    if (channel && isWanted()) timer = setTimeout(askByItself, pace[0]).unref()
  }
  schedule()
  const stop = onWanted(schedule)

  return {
    state,
    onState,
    check,
    download,
    cancel: () => (downloading?.abort(), state()),
    async install() {
      if (!channel || state().status !== 'ready') throw new EngineError('failed-precondition', 'No release is ready to be installed.', { reason: 'no-update-ready' })
      await letGo()
      channel.install()
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      downloading?.abort()
      stop()
    },
  }
}

function createState(first: UpdateState) {
  const listeners = new Set<(state: UpdateState) => void>()
  let state = first
  const become = (next: UpdateState): UpdateState => {
    state = next
    listeners.forEach((listener) => listener(next))
    return next
  }
  return {
    become,
    failed: (error: unknown, release?: Release) => become({ status: 'failed', error: serializeError(asUpdateError(error)), ...(release && { release }) }),
    state: () => state,
    onState(listener: (state: UpdateState) => void) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
}

/** For shells that are updated by others. */
export const updatesElsewhere = (by: UpdatesBy): Updates => createUpdates({ channel: undefined, by, letGo: async () => {}, isWanted: () => false, onWanted: () => () => {} })

function asUpdateError(error: unknown): EngineError {
  if (error instanceof EngineError) return error
  const { code } = error as NodeJS.ErrnoException
  if (code === 'ERR_CHECKSUM_MISMATCH') return new EngineError('data-loss', 'What was downloaded is not what the feed says: it was thrown away.', { reason: 'update-damaged', hint: 'Try again. If it fails again, tell the authors.', cause: error })
  return new EngineError('unavailable', `The release feed could not be used (${messageOf(error).split('\n')[0]}).`, { reason: 'update-feed', hint: 'Check the network connection, and try again.', cause: error })
}
