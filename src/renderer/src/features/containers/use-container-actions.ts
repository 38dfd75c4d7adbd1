import { FolderOpen, OctagonX, Pause, Play, RotateCw, ScrollText, Square, SquareTerminal, Trash2 } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import { canOpenTerminal, canPause, canStart, canStop, canUnpause, type ContainerSummary, type EachOutcome } from '#shared/contract/containers.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useContainerWork, type ContainerVerb } from '../../stores/container-work.ts'
import { useQuestions } from '../../stores/questions.ts'
import { useToasts } from '../../stores/toasts.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { useEditMenu } from '../edit/use-edit-menu.ts'
import { useContainerCopies } from './use-container-copies.ts'
import { useOpenInBrowser } from './use-open-in-browser.ts'
import { anonymousVolumes } from './anonymous-volumes.ts'

type Some = readonly ContainerSummary[]

const isRunning = ({ state }: ContainerSummary): boolean => canStop(state)

/** What can be done with containers, one or many: asked once, told when refused. */
export function useContainerActions() {
  const engine = useEngine()
  const work = useContainerWork()
  const toasts = useToasts()
  const questions = useQuestions()
  const router = useRouter()
  const [openInBrowser, copies, { edit, editMenu }] = [useOpenInBrowser(), useContainerCopies(), useEditMenu()] as const
  const { t } = useI18n()

  async function carryOut(verb: ContainerVerb, containers: Some, call: (ids: string[]) => Promise<EachOutcome[]>) {
    const ids = containers.map(({ id }) => id)
    if (ids.length === 0) return
    const names = new Map(containers.map(({ id, name }) => [id, name]))
    try {
      const outcomes = await work.during(ids, verb, () => call(ids))
      for (const { id, error } of outcomes) if (error) toasts.refused(t(`containers.failed.${verb}`, { name: names.get(id) ?? id }), error)
    } catch (error) {
      toasts.refused(t(`containers.failedMany.${verb}`, containers.length), error)
    }
  }

  const start = (some: Some) => carryOut('start', some.filter(({ state }) => canStart(state)), (ids) => engine.containers.start({ ids }))
  const stop = (some: Some) => carryOut('stop', some.filter(isRunning), (ids) => engine.containers.stop({ ids }))
  const restart = (some: Some) => carryOut('restart', some, (ids) => engine.containers.restart({ ids }))
  const kill = (some: Some, signal?: string) => carryOut('kill', some.filter(isRunning), (ids) => engine.containers.kill({ ids, ...(signal && { signal }) }))
  const pause = (some: Some) => carryOut('pause', some.filter(({ state }) => canPause(state)), (ids) => engine.containers.pause({ ids }))
  const unpause = (some: Some) => carryOut('unpause', some.filter(({ state }) => canUnpause(state)), (ids) => engine.containers.unpause({ ids }))

  async function remove(some: Some): Promise<boolean> {
    const volumes = anonymousVolumes(some)
    const running = some.filter(isRunning).length
    const one = some.length === 1 ? some[0] : undefined
    const answer = await questions.ask({
      title: one ? t('containers.remove.titleOne', { name: one.name }) : t('containers.remove.titleMany', some.length),
      text: [running > 0 && (one ? t('containers.remove.runningOne') : t('containers.remove.runningMany', running)), t('containers.remove.lost', some.length)].filter(Boolean).join(' '),
      lost: one ? [] : some.map(({ name }) => name),
      confirm: t('containers.remove.confirm', some.length),
      option: volumes > 0 ? { label: t('containers.remove.volumes', volumes), value: true } : undefined,
    })
    if (!answer) return false
    await carryOut('remove', some, (ids) => engine.containers.remove({ ids, force: running > 0, anonymousVolumes: answer.option }))
    return true
  }

  function menuFor(container: ContainerSummary): MenuAction[] {
    const { state, id } = container
    const [some, go] = [[container], (tab: string) => () => void router.push(`/containers/${id}/${tab}`)] as const
    return [
      canStart(state)
        ? { id: 'start', label: t('containers.verbs.start'), icon: Play, run: () => void start(some) }
        : { id: 'stop', label: t('containers.verbs.stop'), icon: Square, disabled: !canStop(state), run: () => void stop(some) },
      { id: 'restart', label: t('containers.verbs.restart'), icon: RotateCw, disabled: state.status === 'removing', run: () => void restart(some) },
      canUnpause(state)
        ? { id: 'unpause', label: t('containers.verbs.unpause'), icon: Play, run: () => void unpause(some) } : { id: 'pause', label: t('containers.verbs.pause'), icon: Pause, disabled: !canPause(state), run: () => void pause(some) },
      { id: 'kill', label: t('containers.verbs.kill'), icon: OctagonX, disabled: !canStop(state), run: () => void kill(some) },
      ...[openInBrowser, editMenu, copies.linesFor].flatMap((lines) => lines(container)),
      { id: 'logs', label: t('containers.tabs.logs'), icon: ScrollText, separated: true, run: go('logs') },
      { id: 'terminal', label: t('containers.tabs.terminal'), icon: SquareTerminal, disabled: !canOpenTerminal(state), run: go('terminal') },
      { id: 'files', label: t('containers.tabs.files'), icon: FolderOpen, run: go('files') },
      { id: 'remove', label: t('containers.verbs.remove'), icon: Trash2, keys: 'del', danger: true, separated: true, run: () => void remove(some) },
    ]
  }
  return { start, stop, restart, kill, pause, unpause, remove, edit, menuFor }
}
