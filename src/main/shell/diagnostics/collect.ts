import { arch, platform, release, totalmem } from 'node:os'
import type { EngineState } from '#shared/contract/engine.ts'
import type { Settings } from '#shared/contract/settings.ts'
import { messageOf } from '#shared/errors.ts'
import type { Connection } from '../../connections/connection.ts'
import { redact, redactText } from './redact.ts'

export interface DiagnosticsSources {
  version: string
  settings: Settings
  engine: EngineState
  /** The engine's last words, oldest first. */
  engineLines: readonly string[]
  connection: Connection
}

/**
 * What somebody who helps needs to know, as text that is shown before it is saved. Of containers only what the list tells,
 * without labels, commands and environments; secrets are taken out by name and by looks.
 */
export async function collectDiagnostics({ version, settings, engine, engineLines, connection }: DiagnosticsSources): Promise<string> {
  const ask = (path: string) => connection.api.json<unknown>('GET', path).catch((error: unknown) => ({ error: messageOf(error) }))
  const [info, engineVersion, host] = await Promise.all([ask('/info'), ask('/version'), connection.hostFacts ?? {}])
  const { containers, images, networks, volumes } = connection.mirror.items()
  const { view: _view, ...chosen } = settings
  const parts: Record<string, unknown> = {
    app: { version, node: process.version, electron: process.versions['electron'], at: new Date().toISOString() },
    machine: { platform: platform(), release: release(), architecture: arch(), memoryBytes: totalmem() },
    settings: chosen,
    engine,
    connection: connection.summary().state.status,
    version: engineVersion,
    info,
    host,
    containers: containers.map(({ id, name, image, state, ports, networks: attached }) => ({ id: id.slice(0, 12), name, image, state, ports, networks: attached.map(({ network }) => network) })),
    networks: networks.map(({ name, driver }) => ({ name, driver })),
    counts: { images: images.length, volumes: volumes.length },
  }
  return `${JSON.stringify(redact(parts), null, 2)}\n\nEngine log:\n${engineLines.map(redactText).join('\n')}\n`
}
