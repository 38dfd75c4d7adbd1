/** Every shortcut, as the help (`?`) and the settings show them. `name` is a key of the language files, below `shortcuts`. */
export interface ShortcutGroup {
  name: 'everywhere' | 'places' | 'lists' | 'panes' | 'logs' | 'canvas'
  /** `@name`: the user may give it other keys. */
  shortcuts: readonly { keys: readonly string[]; name: ShortcutName }[]
}
type PlaceName = 'home' | 'containers' | 'images' | 'build' | 'volumes' | 'networks' | 'ports' | 'logs' | 'compose'
type ShortcutName =
  | 'palette' | 'help' | 'run' | 'pull' | 'settings' | 'edit' | PlaceName | 'filter' | 'find' | 'back'
  | 'move' | 'open' | 'select' | 'selectMore' | 'selectAll' | 'remove' | 'menu'
  | 'wide' | 'close' | 'tab'
  | 'nextMatch' | 'previousMatch' | 'pause'
  | 'walk' | 'connect' | 'disconnect' | 'newNetwork' | 'fit' | 'arrange' | 'undo'

export const shortcutGroups: readonly ShortcutGroup[] = [
  {
    name: 'everywhere',
    shortcuts: [
      { keys: ['@palette'], name: 'palette' },
      { keys: ['@help'], name: 'help' },
      { keys: ['@filter'], name: 'filter' },
      { keys: ['@find'], name: 'find' },
      { keys: ['@run'], name: 'run' },
      { keys: ['@pull'], name: 'pull' },
      { keys: ['@settings'], name: 'settings' },
      { keys: ['escape'], name: 'back' },
    ],
  },
  {
    name: 'places',
    shortcuts: (['home', 'containers', 'images', 'build', 'volumes', 'networks', 'ports', 'logs', 'compose'] as const).map((name) => ({ keys: [`@${name}`], name })),
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
      { keys: ['@wide'], name: 'wide' },
      { keys: ['@edit'], name: 'edit' },
      { keys: ['left', 'right'], name: 'tab' },
      { keys: ['escape'], name: 'close' },
    ],
  },
  {
    name: 'logs',
    shortcuts: [
      { keys: ['enter'], name: 'nextMatch' },
      { keys: ['shift+enter'], name: 'previousMatch' },
      { keys: ['@pause'], name: 'pause' },
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
