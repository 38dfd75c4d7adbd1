import { watch } from 'vue'
import { useRouter } from 'vue-router'
import type { AppCommand } from '#shared/contract/events.ts'
import { useShortcuts } from '../composables/use-shortcuts.ts'
import { useChosenKeys } from '../ui/keys.ts'
import { useEngineState } from '../stores/engine-state.ts'
import { usePaletteState } from './palette-state.ts'

/** Does what a native menu, the tray or a deep link asks of this window. */
export function useAppCommands(): void {
  const state = useEngineState()
  const router = useRouter()
  const palette = usePaletteState()
  const go = (path: string) => () => void router.push(path)
  const commands: Record<AppCommand, () => void> = {
    'navigate.containers': go('/containers'),
    'navigate.images': go('/images'),
    'navigate.volumes': go('/volumes'),
    'navigate.networks': go('/networks'),
    'navigate.logs': go('/logs'),
    'navigate.settings': go('/settings'),
    'dialog.run': () => void router.push({ path: '/containers', query: { run: '' } }),
    'dialog.pull': () => void router.push({ path: '/images', query: { pull: '' } }),
    'palette.open': () => palette.show(),
    find: () => document.querySelector<HTMLElement>('[data-filter] input')?.focus(),
  }
  useShortcuts({ '@run': commands['dialog.run'], '@pull': commands['dialog.pull'] })
  watch(() => state.settings.shortcuts, (keys) => useChosenKeys(keys), { immediate: true })
  watch(() => state.destination, (to) => to && void router.push(to.path))
  watch(() => state.command, (command) => command && commands[command.name]?.())
}
