import { Boxes } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { MenuAction } from '../../ui/menu.ts'

/** The line of a menu that moves a project or a container to a cluster. */
export function useMoveMenu() {
  const { t } = useI18n()
  const router = useRouter()
  return (kind: 'project' | 'container', name: string): MenuAction => ({
    id: 'move',
    label: t('move.action'),
    icon: Boxes,
    run() {
      const { path, query } = router.currentRoute.value
      void router.push({ path, query: { ...query, move: `${kind}:${name}` } })
    },
  })
}
