import { shallowRef } from 'vue'
import { commandKeys, keysOfCommand, type ChosenKeys, type CommandName } from '#shared/contract/shortcuts.ts'

/**
 * Shortcuts are written once as `mod+k`, `mod+shift+p`, `/`, `del`; those that the user may change by the name of their command, `@palette`
 * (shared/contract/shortcuts.ts). Matched and shown by the functions here.
 */
const chosen = shallowRef<ChosenKeys>({})
/** The user's own keys, from now on; whatever shows or hears shortcuts follows. */
export const useChosenKeys = (keys: ChosenKeys): void => void (chosen.value = keys)

/** `@palette` as the keys that it has now. */
export const resolveKeys = (keys: string): string => (isCommand(keys) ? keysOfCommand(keys.slice(1) as CommandName, chosen.value) : keys)
const isCommand = (keys: string) => keys.startsWith('@') && Object.hasOwn(commandKeys, keys.slice(1))

export const isMac = typeof navigator !== 'undefined' && /mac/i.test(navigator.platform)

const MAC_CAPS: Record<string, string> = { mod: '⌘', shift: '⇧', alt: '⌥', enter: '↵', del: '⌫', escape: 'esc', up: '↑', down: '↓', left: '←', right: '→', space: '␣' }
const CAPS: Record<string, string> = { mod: 'Ctrl', shift: 'Shift', alt: 'Alt', enter: '↵', del: 'Del', escape: 'Esc', up: '↑', down: '↓', left: '←', right: '→', space: 'Space' }

/** The key caps of a shortcut, in the platform's writing. */
export function keyCaps(keys: string, mac = isMac): string[] {
  return partsOf(resolveKeys(keys)).map((part) => (mac ? MAC_CAPS : CAPS)[part] ?? part.toUpperCase())
}

/** The plus key itself comes last: `mod++`. */
const partsOf = (keys: string): string[] => (keys.endsWith('+') ? [...keys.slice(0, -1).split('+').filter(Boolean), '+'] : keys.split('+'))

const NAMES: Record<string, string> = { ' ': 'space', Delete: 'del', Backspace: 'del', ArrowUp: 'up', ArrowDown: 'down' }

/** Whether a key press is the shortcut. `mod` is Command on a Mac and Control elsewhere. */
export function matchesKeys(event: KeyboardEvent, keys: string, mac = isMac): boolean {
  const parts = partsOf(resolveKeys(keys))
  const key = parts.at(-1)
  const pressed = NAMES[event.key] ?? event.key.toLowerCase()
  const mod = mac ? event.metaKey : event.ctrlKey
  return pressed === key && mod === parts.includes('mod') && event.altKey === parts.includes('alt') && (key === '/' || key === '?' || event.shiftKey === parts.includes('shift'))
}

/** What was pressed, as a shortcut is written; undefined for a modifier alone. */
export function keysOf(event: KeyboardEvent, mac = isMac): string | undefined {
  if (['Control', 'Meta', 'Shift', 'Alt', 'AltGraph', 'Dead', 'Process'].includes(event.key)) return undefined
  const key = NAMES[event.key] ?? event.key.toLowerCase()
  const shift = event.shiftKey && key !== '/' && key !== '?'
  return [(mac ? event.metaKey : event.ctrlKey) && 'mod', event.altKey && 'alt', shift && 'shift', key].filter(Boolean).join('+')
}

/** True where typing means text: shortcuts without a modifier keep away. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName)) && !(target instanceof HTMLInputElement && target.type === 'checkbox')
}
