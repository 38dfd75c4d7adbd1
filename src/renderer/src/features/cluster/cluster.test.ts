import { expect, test } from 'vitest'
import type { ClusterService, ClusterTask } from '#shared/contract/cluster.ts'
import { emptyDraft, type ServiceDraft } from '#shared/contract/service-draft.ts'
import { countsOf } from './cluster-words.ts'
import { readJoinCommand } from './join-command.ts'
import { draftOfForm, formOf, problemsOf } from './service-form.ts'
import { applied } from './use-cluster.ts'

const draft: ServiceDraft = {
  ...emptyDraft('web', 'nginx:1.27'), replicas: 3, command: ['sh', '-c', "echo 'it''s' \"x\" $HOME"], environment: ['A=1', 'B=a b'], labels: { team: 'shop', empty: '' }, init: true, stopSeconds: 20,
  ports: [{ target: 80, published: 8080, protocol: 'tcp', mode: 'host' }, { target: 53, protocol: 'udp', mode: 'ingress' }], endpointMode: 'dnsrr', networks: [{ network: 'front', aliases: ['w', 'x'] }, { network: 'back' }],
  mounts: [{ kind: 'volume', source: 'data', target: '/data' }, { kind: 'bind', source: '/srv', target: '/srv', readOnly: true }, { kind: 'volume', target: '/cache' }, { kind: 'tmpfs', target: '/tmp' }],
  secrets: [{ name: 'token', file: 'token' }], configs: [{ name: 'site', file: '/etc/site.conf' }], constraints: ['node.role==worker'], spread: ['node.labels.zone'], mostPerNode: 2, limits: { cpus: 0.5, memoryBytes: 256 * 1_048_576, pids: 9 },
  update: { parallelism: 2, delay: 1.5, onFailure: 'rollback', order: 'start-first' },
}

test('a service comes out of its form as it went in, with what the form does not ask', () => {
  expect(problemsOf(formOf(draft))).toEqual({})
  expect(draftOfForm(formOf(draft), draft)).toEqual(draft)
  expect(draftOfForm({ ...formOf(draft), cpus: '', memory: '', command: '' }, draft)).toEqual({ ...draft, command: undefined, limits: { pids: 9 } })
})

test('what cannot be sent is said at its field', () => {
  const form = formOf(draft)
  expect(problemsOf(formOf())).toEqual({ name: 'required', image: 'required' })
  expect(problemsOf({ ...form, name: 'a b', replicas: 'x', mounts: 'data:relative', networks: '-n', cpus: 'half', parallelism: '', ports: [{ ...form.ports[0]!, target: '70000' }] })).toEqual({ name: 'word', replicas: 'number', mounts: 'mount', networks: 'word', cpus: 'number', parallelism: 'number', ports: 'port' })
  expect(problemsOf({ ...form, mode: 'global', replicas: '' })).toEqual({})
})

test('the command that another machine was told is taken apart', () => {
  expect(readJoinCommand('docker swarm join --token SWMTKN-1-abc-def 10.0.0.1:2377')).toEqual({ token: 'SWMTKN-1-abc-def', addresses: ['10.0.0.1:2377'] })
  expect(readJoinCommand('  sudo docker swarm join \\\n  --token=SWMTKN-1-x \\\n [fd00::1]:2377\n')).toEqual({ token: 'SWMTKN-1-x', addresses: ['[fd00::1]:2377'] })
  expect(readJoinCommand('docker swarm join 10.0.0.1:2377')).toBeUndefined()
})

test('what changed takes the place of what was; what is new comes last, what is gone leaves', () => {
  const file = (id: string, name = id) => ({ id, name, createdAt: 0 })
  const contents = { nodes: [], services: [], tasks: [], secrets: [file('a'), file('b'), file('c')], configs: [] }
  expect(applied(contents, 'secrets', [file('d'), file('b', 'B')], ['a']).secrets).toEqual([file('b', 'B'), file('c'), file('d')])
})

test('how many run, are to, and are by the settings of now', () => {
  const task = (state: ClusterTask['state'], current: boolean): ClusterTask => ({ id: state, service: 's', state, current, wanted: true, at: 0 })
  const tasks = [task('running', true), task('running', false), task('starting', true)]
  expect(countsOf({ replicas: 3 } as ClusterService, tasks)).toEqual({ running: 2, wanted: 3, current: 1 })
  expect(countsOf({} as ClusterService, tasks).wanted).toBe(3)
})
