import { Copy, CopyPlus, FileOutput, Package, PencilLine, Radio } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { canStop, type ContainerSummary } from '#shared/contract/containers.ts'
import { isEngineError } from '#shared/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { usePathPicker } from '../../composables/use-path-picker.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useWork } from '../../stores/work.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { useMoveMenu } from '../move/use-move-menu.ts'
import { withoutDialog, type ContainerDialog } from './container-dialogs.ts'

/** What makes something else of a container, or names it anew: lines of its menu. */
export function useContainerCopies() {
  const engine = useEngine()
  const works = useWork()
  const toasts = useToasts()
  const route = useRoute()
  const router = useRouter()
  const pickPath = usePathPicker()
  const moveLine = useMoveMenu()
  const { t } = useI18n()

  const ask = (dialog: ContainerDialog, { id }: ContainerSummary) => () => void router.push({ path: route.path.startsWith('/containers') ? route.path : `/containers/${id}`, query: { ...withoutDialog(route.query), [dialog]: id } })

  async function exportFiles({ id, name }: ContainerSummary) {
    const target = await pickPath({ kind: 'save', title: t('containerDeeds.export.title', { name }), suggested: `${name}.tar` })
    if (target === undefined) return
    const { done } = works.begin('export', name, (options) => engine.containers.export({ id, target }, options))
    await done.then(
      () => toasts.show({ tone: 'plain', title: t('files.saved', { path: target }) }),
      (error: unknown) => isEngineError(error, 'cancelled') || toasts.refused(t('containerDeeds.export.failed', { name }), error),
    )
  }
  const linesFor = (container: ContainerSummary): MenuAction[] => [
    { id: 'signal', label: t('containerDeeds.kill.menu'), icon: Radio, disabled: !canStop(container.state), run: ask('kill', container) },
    { id: 'rename', label: t('containerDeeds.rename.menu'), icon: PencilLine, separated: true, run: ask('rename', container) },
    { id: 'duplicate', label: t('containerDeeds.duplicate.menu'), icon: CopyPlus, run: ask('duplicate', container) },
    { id: 'recipe', label: t('containerDeeds.recipe.menu'), icon: Copy, run: ask('recipe', container) },
    { id: 'commit', label: t('containerDeeds.commit.menu'), icon: Package, run: ask('commit', container) },
    { id: 'export', label: t('containerDeeds.export.menu'), icon: FileOutput, run: () => void exportFiles(container) },
    moveLine('container', container.name),
  ]
  return { linesFor }
}
