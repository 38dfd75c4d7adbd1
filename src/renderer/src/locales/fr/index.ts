import type { Messages } from '../messages.ts'
import { common } from './common.ts'
import { containers } from './containers.ts'
import { engine } from './engine.ts'
import { errors } from './errors.ts'
import { frame, palette } from './frame.ts'
import { hostPaths } from './host-paths.ts'
import { images } from './images.ts'
import { inspect } from './inspect.ts'
import { logs } from './logs.ts'
import { networks } from './networks.ts'
import { run } from './run.ts'
import { settings } from './settings.ts'
import { shortcuts } from './shortcuts.ts'
import { terminal } from './terminal.ts'
import { volumes } from './volumes.ts'

const fr: Messages = { common, containers, engine, errors, frame, hostPaths, images, inspect, logs, networks, palette, run, settings, shortcuts, terminal, volumes }
export default fr
