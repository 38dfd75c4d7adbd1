import { ExternalLink } from 'lucide-vue-next'
import { useI18n } from 'vue-i18n'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import { useExternal } from '../../composables/use-external.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import type { MenuAction } from '../../ui/menu.ts'
import { hostOf, portLinks } from './ports.ts'

/** The line of a container's menu that opens the page behind its first published port, where it has one. */
export function useOpenInBrowser(): (container: ContainerSummary) => MenuAction[] {
  const { t } = useI18n()
  const store = useEngineState()
  const open = useExternal()
  return ({ ports }) => {
    const url = portLinks(ports, hostOf(store.connection?.target)).find((link) => link.url)?.url
    return url === undefined ? [] : [{ id: 'browser', label: t('ports.menu.open'), icon: ExternalLink, separated: true, run: () => open(url) }]
  }
}
