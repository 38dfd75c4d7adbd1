/** Every shortcut, as the help (`?`) and the settings show them. `name` is a key of the language files, below `shortcuts`. */
export interface ShortcutGroup {
  name: 'everywhere' | 'lists' | 'panes' | 'logs' | 'canvas'
  shortcuts: readonly { keys: readonly string[]; name: ShortcutName }[]
}
type ShortcutName =
  | 'palette' | 'place' | 'help' | 'filter' | 'find' | 'back'
  | 'move' | 'open' | 'select' | 'selectMore' | 'selectAll' | 'remove' | 'menu'
  | 'wide' | 'close' | 'tab'
  | 'nextMatch' | 'previousMatch' | 'pause'
  | 'walk' | 'connect' | 'disconnect' | 'newNetwork' | 'fit' | 'arrange' | 'undo'

export const shortcutGroups: readonly ShortcutGroup[] = [
  {
    name: 'everywhere',
    shortcuts: [
      { keys: ['mod+k'], name: 'palette' },
      { keys: ['mod+1'], name: 'place' },
      { keys: ['?'], name: 'help' },
      { keys: ['/'], name: 'filter' },
      { keys: ['mod+f'], name: 'find' },
      { keys: ['escape'], name: 'back' },
    ],
  },
  {
    name: 'lists',
    shortcuts: [
      { keys: ['up', 'down'], name: 'move' },
      { keys: ['enter'], name: 'open' },
      { keys: ['space'], name: 'select' },
      { keys: ['shift+down'], name: 'selectMore' },
      { keys: ['mod+a'], name: 'selectAll' },
      { keys: ['del'], name: 'remove' },
      { keys: ['shift+f10'], name: 'menu' },
    ],
  },
  {
    name: 'panes',
    shortcuts: [
      { keys: ['mod+enter'], name: 'wide' },
      { keys: ['left', 'right'], name: 'tab' },
      { keys: ['escape'], name: 'close' },
    ],
  },
  {
    name: 'logs',
    shortcuts: [
      { keys: ['enter'], name: 'nextMatch' },
      { keys: ['shift+enter'], name: 'previousMatch' },
      { keys: ['mod+.'], name: 'pause' },
    ],
  },
  {
    name: 'canvas',
    shortcuts: [
      { keys: ['up', 'down', 'left', 'right'], name: 'walk' },
      { keys: ['c'], name: 'connect' },
      { keys: ['del'], name: 'disconnect' },
      { keys: ['n'], name: 'newNetwork' },
      { keys: ['f'], name: 'fit' },
      { keys: ['a'], name: 'arrange' },
      { keys: ['mod+z'], name: 'undo' },
    ],
  },
]
