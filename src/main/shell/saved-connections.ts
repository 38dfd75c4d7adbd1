/**
 * The engines that the user added. The settings say which there are, and are the only place that does: whatever changes them, the open connections
 * follow (`reconcile`). Secrets are kept apart, one text for each connection.
 */
import { access } from 'node:fs/promises'
import { secretNames, type ConnectionDraft, type ConnectionId, type ConnectionSecrets, type SavedConnection } from '#shared/contract/connections.ts'
import type { Contract, Implementation } from '#shared/contract/contract.ts'
import { EngineError } from '#shared/errors.ts'
import type { Connections } from '../connections/connections.ts'
import { findDockerContexts } from '../connections/discovery/docker-contexts.ts'
import { findSockets } from '../connections/discovery/sockets.ts'
import { findSshHosts } from '../connections/discovery/ssh-config.ts'
import { pinned } from '../connections/transport/transport.ts'
import { tryTarget } from '../connections/try-target.ts'
import type { CallContext } from '../ipc/serve.ts'
import type { SecretStore } from './secrets/secret-store.ts'
import type { SettingsStore } from './settings-store.ts'

interface Parts {
  settings: SettingsStore
  secrets: SecretStore
  connections: Connections
}

/** Disposed, it follows no longer. */
export function openSavedConnections(parts: Parts): Disposable {
  /** What each was opened with. */
  const opened = new Map<ConnectionId, string>()
  const follow = () => reconcile(parts, opened)
  follow()
  return { [Symbol.dispose]: parts.settings.onChange(follow) }
}

/** Opens, opens anew, names and closes until what is open is what is saved. */
function reconcile({ settings, secrets, connections }: Parts, opened: Map<ConnectionId, string>): void {
  const saved = settings.get().connections.filter(({ id }) => id !== connections.first().id)
  for (const [index, { id, name, colour, target, hostKeys }] of saved.entries()) {
    const key = JSON.stringify([target, hostKeys])
    const face = { name, colour, place: index + 1 }
    if (opened.get(id) === key) connections.get(id).present(face)
    else connections.open({ id, ...face, target, access: { secrets: () => recall(secrets, id), acceptHostKey: pinned(hostKeys) } })
    opened.set(id, key)
  }
  for (const id of opened.keys()) {
    if (saved.some((each) => each.id === id)) continue
    opened.delete(id)
    void connections.close(id)
  }
}

export const savedConnectionsCalls = (parts: Parts): Omit<Implementation<Contract, CallContext>['connections'], 'list' | 'select' | 'retry'> => ({
  async offers() {
    const [sockets, contexts, sshHosts, sshAgent] = await Promise.all([findSockets(), findDockerContexts(), findSshHosts(), agentAnswers()])
    return { sockets, contexts, sshHosts, sshAgent, secretPlace: parts.secrets.place() }
  },
  async test({ id, ...trial }, { signal }) {
    const kept = id === undefined ? {} : await recall(parts.secrets, id)
    return tryTarget({ ...trial, secrets: { ...kept, ...trial.secrets } }, signal)
  },
  async add(draft) {
    const id = crypto.randomUUID()
    await keepSecrets(parts.secrets, id, draft)
    await parts.settings.change(({ connections }) => ({ connections: [...connections, savedOf(id, draft)] }))
    return parts.connections.get(id).summary()
  },
  async saved({ id }) {
    const kept = await recall(parts.secrets, id).catch(() => ({}))
    return { ...find(parts, id), secrets: secretNames.filter((name) => name in kept) }
  },
  async change({ id, ...draft }) {
    find(parts, id)
    await keepSecrets(parts.secrets, id, draft)
    await parts.settings.change(({ connections }) => ({ connections: connections.map((each) => (each.id === id ? savedOf(id, draft) : each)) }))
    const connection = parts.connections.get(id)
    connection.retry()
    return connection.summary()
  },
  async move({ id, place }) {
    await parts.settings.change(({ connections }) => ({ connections: connections.filter((each) => each.id !== id).toSpliced(Math.max(0, place - 1), 0, find(parts, id)) }))
  },
  async remove({ id }) {
    find(parts, id)
    await parts.settings.change(({ connections }) => ({ connections: connections.filter((each) => each.id !== id) }))
    await parts.secrets.forget(nameOf(id))
  },
})

function find({ settings }: Parts, id: ConnectionId): SavedConnection {
  const found = settings.get().connections.find((each) => each.id === id)
  if (!found) throw new EngineError('not-found', `There is no connection ${id} that was added.`)
  return found
}

const savedOf = (id: ConnectionId, { name, colour, target, hostKeys }: ConnectionDraft): SavedConnection => ({ id, name: named(name), ...(colour !== undefined && { colour }), target, ...(hostKeys && { hostKeys }) })

function named(name: string): string {
  if (name.trim() === '') throw new EngineError('invalid-argument', 'A connection needs a name.', { reason: 'no-name', field: 'name' })
  return name.trim()
}

const nameOf = (id: ConnectionId) => `connection:${id}`

async function recall(secrets: SecretStore, id: ConnectionId): Promise<ConnectionSecrets> {
  const kept = await secrets.recall(nameOf(id))
  return kept === undefined ? {} : (JSON.parse(kept) as ConnectionSecrets)
}

/** What is given takes its place beside what is kept; an empty text leaves. What cannot be opened any more is replaced. */
async function keepSecrets(secrets: SecretStore, id: ConnectionId, { secrets: given = {} }: ConnectionDraft): Promise<void> {
  if (Object.keys(given).length === 0) return
  await secrets.change(nameOf(id), (kept) => {
    const next = Object.fromEntries(Object.entries({ ...(kept === undefined ? {} : (JSON.parse(kept) as ConnectionSecrets)), ...given }).filter(([, secret]) => secret))
    return Object.keys(next).length > 0 ? JSON.stringify(next) : undefined
  })
}

const agentAnswers = async (): Promise<boolean> => Boolean(process.env['SSH_AUTH_SOCK']) && access(process.env['SSH_AUTH_SOCK'] ?? '').then(() => true, () => false)
