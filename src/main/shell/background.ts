import type { Settings } from '#shared/contract/settings.ts'
import type { ContainerNotice } from '#shared/contract/notices.ts'
import type { Application, ApplicationParts } from './application.ts'
import { watchContainers } from './notices/watch-containers.ts'

export type Background = Pick<Application, 'onNotice' | 'onChange' | 'overview' | 'act' | 'restartEngine'> & Disposable

/** What goes on with or without a window: news of containers, and what a tray shows and does. */
export function createBackground({ settings, engine, connections }: Pick<ApplicationParts, 'settings' | 'engine' | 'connections'>): Background {
  const listeners = new Set<(notice: ContainerNotice) => void>()
  const tell = (notice: ContainerNotice) => isWanted(notice, settings.get()) && listeners.forEach((listener) => listener(notice))
  const stops = [connections.visit((connection) => watchContainers(connection, tell))]
  const first = connections.first()
  return {
    onNotice(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    onChange(listener) {
      stops.push(
        first.onEvent((event) => ['reset', 'connection.changed', 'container.changed', 'container.removed'].includes(event.type) && listener()),
        engine.onState(listener),
        settings.onChange(listener),
      )
    },
    overview: () => ({ status: first.summary().state.status, containers: first.mirror.items().containers }),
    async act(verb, id) {
      await first.api.json('POST', `/containers/${id}/${verb}`)
    },
    restartEngine: () => engine.restart(),
    [Symbol.dispose]: () => stops.forEach((stop) => stop()),
  }
}

const isWanted = ({ kind }: ContainerNotice, { noticeCrash, noticeUnhealthy }: Settings) => (kind === 'crash' ? noticeCrash : noticeUnhealthy)
