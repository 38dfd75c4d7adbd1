import type { ContainerSettings } from '#shared/contract/container-settings.ts'
import type { EditPhase, EditPlan, EditRequest } from '#shared/contract/edit.ts'
import { EngineError } from '#shared/errors.ts'
import type { FakeCalls, FakeEngine } from './fake-calls.ts'
import { wait } from './wait.ts'

const STEPS: EditPhase[] = ['checking', 'creating', 'stopping', 'starting', 'waiting', 'swapping', 'removing']
const LIVE = ['name', 'ports', 'networks', 'restart', 'limits']

export function fakeEditCalls({ world, tell, cancelled }: FakeEngine): FakeCalls {
  function settingsOf(id: string): ContainerSettings {
    const container = world.containers.find((one) => one.id === id)
    if (!container) throw new EngineError('not-found', `No such container: ${id}`)
    return {
      name: container.name, image: container.image, command: ['nginx', '-g', 'daemon off;'], entrypoint: ['/docker-entrypoint.sh'], environment: ['PATH=/usr/local/bin:/usr/bin:/bin', 'NGINX_VERSION=1.27.2', 'GREETING=Good morning'], workingDirectory: '', user: '', hostname: '', tty: false, interactive: false,
      ports: container.ports.filter(({ hostPort, hostIp }) => hostPort !== undefined && hostIp !== '::').map(({ containerPort, protocol, hostPort }) => ({ containerPort, protocol, ...(hostPort && { hostPort }) })), publishAll: false,
      mounts: container.mounts.map(({ source, target }) => ({ kind: 'volume' as const, source, target })), networks: container.networks.map(({ network, aliases }) => ({ network, ...(aliases?.length && { aliases }) })), restart: { policy: 'unless-stopped' }, limits: { memoryBytes: 536_870_912 }, labels: container.labels,
    }
  }
  return {
    'containers.editable': async ({ id }: { id: string }) => (await wait(200), { id, settings: settingsOf(id), revision: '1', newerImage: true, imageEnvironment: ['PATH=/usr/local/bin:/usr/bin:/bin', 'NGINX_VERSION=1.27.2'] }),
    'containers.planEdit': ({ id, settings, newerImage, keepChanges }: EditRequest): EditPlan => {
      const before = settingsOf(id) as unknown as Record<string, unknown>
      const after = settings as unknown as Record<string, unknown>
      const lines = (value: unknown) => (Array.isArray(value) ? value.map((each) => (typeof each === 'string' ? each : JSON.stringify(each))) : value === undefined ? [] : [JSON.stringify(value)])
      const changes = Object.keys({ ...before, ...after }).filter((key) => JSON.stringify(before[key]) !== JSON.stringify(after[key])).map((key) => ({ setting: key as keyof ContainerSettings, removed: lines(before[key]).filter((line) => !lines(after[key]).includes(line)), added: lines(after[key]).filter((line) => !lines(before[key]).includes(line)), live: LIVE.includes(key) }))
      const how = changes.length === 0 && !newerImage && !keepChanges ? 'nothing' : changes.every(({ live }) => live) && !newerImage && !keepChanges ? 'live' : 'recreate'
      return { changes, how, warnings: how === 'recreate' ? [{ kind: 'stops', names: [] }, ...(keepChanges ? [] : [{ kind: 'writable-layer' as const, names: [] }])] : [] }
    },
    'containers.edit': async ({ id, settings }: EditRequest, callId: string) => {
      for (const phase of STEPS) {
        tell({ type: 'progress', callId, step: { kind: 'phase', phase } })
        await wait(phase === 'waiting' ? 2500 : 500)
        const fails = phase === 'waiting' && settings.command.includes('fail')
        if (!fails && !cancelled.has(callId)) continue
        tell({ type: 'progress', callId, step: { kind: 'phase', phase: 'undoing' } })
        await wait(800)
        throw fails ? new EngineError('failed-precondition', 'It ended with status 1 right after its start. It said: nginx: [emerg] unknown directive', { reason: 'ended-at-once', hint: 'Change what it needs to start, then apply again.' }) : new EngineError('cancelled', 'Cancelled.')
      }
      return { id, name: settings.name, how: 'recreate' }
    },
    'ports.listeners': () => [{ ip: '0.0.0.0', port: 5433, protocol: 'tcp', process: 'postgres' }],
  }
}
