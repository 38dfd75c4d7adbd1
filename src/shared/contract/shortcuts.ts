import { EngineError } from '../errors.ts'
import { dictionary, text, type Shape } from './shape.ts'

/** What may be given other keys, with the keys it has by itself. Written `mod+alt+shift+k`; `mod` is Command on a Mac and Control elsewhere. */
export const commandKeys = {
  palette: 'mod+k',
  help: '?',
  filter: '/',
  find: 'mod+f',
  run: 'mod+n',
  pull: 'mod+shift+p',
  settings: 'mod+,',
  edit: 'e',
  wide: 'mod+enter',
  pause: 'mod+.',
  home: 'mod+1',
  containers: 'mod+2',
  images: 'mod+3',
  build: 'mod+4',
  volumes: 'mod+5',
  networks: 'mod+6',
  ports: 'mod+7',
  logs: 'mod+8',
  compose: 'mod+9',
} as const
export type CommandName = keyof typeof commandKeys

/** What the user chose, by command; the others keep their own. */
export type ChosenKeys = Readonly<Record<string, string>>

export const keysOfCommand = (name: CommandName, chosen: ChosenKeys): string => chosen[name] ?? commandKeys[name]

/** Keys that lists, dialogs, canvases and fields need for themselves, everywhere. */
const RESERVED = new Set(['escape', 'enter', 'shift+enter', 'tab', 'shift+tab', 'space', 'del', 'up', 'down', 'left', 'right', 'home', 'end', 'pageup', 'pagedown', 'contextmenu', 'shift+f10', 'f2', 'mod+a', 'mod+c', 'mod+v', 'mod+x', 'mod+z', 'mod+shift+z', 'mod+shift+c', 'mod+shift+v', 'mod+q', 'mod+w', 'c', 'n', 'f', 'a', 'o', '+', '-'])
const WRITTEN = /^(?:mod\+)?(?:alt\+)?(?:shift\+)?(?:[^\s+A-Z]|[a-z][a-z0-9]{1,15})$/u

/** Why a command cannot have these keys: another has them, or they are needed. Undefined: it can. */
export function refusalOf(name: CommandName, keys: string, chosen: ChosenKeys): { kind: 'reserved' | 'unwritable' } | { kind: 'taken'; by: CommandName } | undefined {
  if (!WRITTEN.test(keys)) return { kind: 'unwritable' }
  if (RESERVED.has(keys)) return { kind: 'reserved' }
  const by = (Object.keys(commandKeys) as CommandName[]).find((other) => other !== name && keysOfCommand(other, chosen) === keys)
  return by && { kind: 'taken', by }
}

/** Only what differs is kept; names of other versions are let go. @throws invalid-argument for keys that cannot be. */
export const shortcutsShape: Shape<ChosenKeys> = (value, field) => {
  const given = Object.entries(dictionary(text(40), 100)(value, field)).filter((entry): entry is [CommandName, string] => Object.hasOwn(commandKeys, entry[0]) && commandKeys[entry[0] as CommandName] !== entry[1])
  const chosen = Object.fromEntries(given)
  for (const [name, keys] of given) {
    const refusal = refusalOf(name, keys, chosen)
    if (refusal) throw new EngineError('invalid-argument', refusal.kind === 'taken' ? `${keys} is the shortcut of ${refusal.by} already.` : `${keys} cannot be a shortcut of one's own.`, { reason: `shortcut-${refusal.kind}`, field: `${field}.${name}` })
  }
  return chosen
}
