/** Shortcuts are written once as `mod+k`, `shift+mod+p`, `/`, `del`; matched and shown by the two functions here. */

export const isMac = typeof navigator !== 'undefined' && /mac/i.test(navigator.platform)

const MAC_CAPS: Record<string, string> = { mod: '⌘', shift: '⇧', alt: '⌥', enter: '↵', del: '⌫', escape: 'esc', up: '↑', down: '↓', left: '←', right: '→', space: '␣' }
const CAPS: Record<string, string> = { mod: 'Ctrl', shift: 'Shift', alt: 'Alt', enter: '↵', del: 'Del', escape: 'Esc', up: '↑', down: '↓', left: '←', right: '→', space: 'Space' }

/** The key caps of a shortcut, in the platform's writing. */
export function keyCaps(keys: string, mac = isMac): string[] {
  return keys.split('+').map((part) => (mac ? MAC_CAPS : CAPS)[part] ?? part.toUpperCase())
}

const NAMES: Record<string, string> = { Delete: 'del', Backspace: 'del', ArrowUp: 'up', ArrowDown: 'down' }

/** Whether a key press is the shortcut. `mod` is Command on a Mac and Control elsewhere. */
export function matchesKeys(event: KeyboardEvent, keys: string, mac = isMac): boolean {
  const parts = keys.split('+')
  const key = parts.at(-1)
  const pressed = NAMES[event.key] ?? event.key.toLowerCase()
  const mod = mac ? event.metaKey : event.ctrlKey
  return pressed === key && mod === parts.includes('mod') && event.altKey === parts.includes('alt') && (key === '/' || key === '?' || event.shiftKey === parts.includes('shift'))
}

/** True where typing means text: shortcuts without a modifier keep away. */
export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName)) && !(target instanceof HTMLInputElement && target.type === 'checkbox')
}
