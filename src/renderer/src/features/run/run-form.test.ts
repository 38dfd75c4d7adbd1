import { expect, test } from 'vitest'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import type { PortListener } from '#shared/contract/ports.ts'
import { takenPorts, type TakenPort } from '#shared/network/ports.ts'
import { shapes } from '#shared/contract/contract.ts'
import { problemsOf } from './form-problems.ts'
import { emptyForm, mountRow, networkRow, portRow, toRunRequest, variableRow, withDefaults, type RunForm } from './run-form.ts'
import { splitWords } from './words.ts'

const defaults = {
  entrypoint: [], command: [], workingDirectory: '', user: '', labels: {},
  environment: ['PATH=/bin', 'MODE=fast'],
  exposedPorts: [{ containerPort: 80, protocol: 'tcp' as const }, { containerPort: 8080, protocol: 'tcp' as const }, { containerPort: 53, protocol: 'udp' as const }],
  volumes: ['/data'],
}
const nobody: readonly TakenPort[] = []
const taken = (port: number, owner: string, ip = ''): TakenPort => ({ ip, port, protocol: 'tcp', owner })
const filled = (change: Partial<RunForm>): RunForm => ({ ...emptyForm('nginx'), ...change })

test('the image fills ports that are free, volumes and variables', () => {
  const form = withDefaults(emptyForm('nginx'), defaults, [taken(8080, 'web')])
  expect(form.ports.map(({ hostPort, containerPort, protocol }) => [hostPort, containerPort, protocol])).toEqual([['8081', '80', 'tcp'], ['8082', '8080', 'tcp'], ['8053', '53', 'udp']])
  expect(form.mounts).toMatchObject([{ kind: 'volume', source: '', target: '/data' }])
  expect(form.variables).toMatchObject([{ name: 'PATH', value: '/bin' }, { name: 'MODE', value: 'fast' }])
})

test('another image replaces what the first one filled and keeps what the user added', () => {
  const first = withDefaults(emptyForm('nginx'), defaults, nobody)
  const own = { ...first, variables: [...first.variables, variableRow({ name: 'MINE', value: '1' })] }
  expect(withDefaults(own, { ...defaults, environment: ['OTHER=2'] }, nobody).variables.map(({ name }) => name)).toEqual(['OTHER', 'MINE'])
})

test('what equals the image is not sent', () => {
  const form = withDefaults(emptyForm(' nginx '), { ...defaults, volumes: [], exposedPorts: [] }, nobody)
  expect(toRunRequest(form)).toEqual({ image: 'nginx' })
  form.variables[1]!.value = 'slow'
  expect(toRunRequest(form)).toEqual({ image: 'nginx', environment: ['MODE=slow'] })
})

test('a full form is a request that the contract takes', () => {
  const request = toRunRequest(filled({
    name: 'web', command: `sh -c "echo 'two words'"`, restart: 'always', hostname: 'h', user: '1000', workingDirectory: '/w', networks: [networkRow({ network: 'shop', aliases: 'www web', ipv4: '172.20.0.9' })], capabilitiesAdded: 'NET_ADMIN', health: 'command', healthCommand: 'true', healthInterval: '5', memoryMegabytes: '512', cpus: '1,5', tty: true,
    ports: [portRow({ hostPort: '8080', containerPort: '80' }), portRow({ containerPort: '53', protocol: 'udp' }), portRow()],
    mounts: [mountRow({ source: 'pages', target: '/srv' }), mountRow({ kind: 'bind', source: '/home', target: '/h', readOnly: true }), mountRow({ target: '/anonymous' }), mountRow()],
    variables: [variableRow({ name: 'A', value: 'b=c' }), variableRow()],
  }))
  expect(request).toEqual({
    image: 'nginx', name: 'web', command: ['sh', '-c', "echo 'two words'"], restart: { policy: 'always' }, hostname: 'h', user: '1000', workingDirectory: '/w', networks: ['shop'], join: { network: 'shop', aliases: ['www', 'web'], ipv4: '172.20.0.9' }, tty: true,
    capabilitiesAdded: ['NET_ADMIN'], healthCheck: { kind: 'command', test: ['CMD-SHELL', 'true'], interval: 5 },
    limits: { memoryBytes: 536_870_912, cpus: 1.5 },
    ports: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }, { containerPort: 53, protocol: 'udp' }],
    mounts: [{ kind: 'volume', source: 'pages', target: '/srv' }, { kind: 'bind', source: '/home', target: '/h', readOnly: true }, { kind: 'volume', target: '/anonymous' }],
    environment: ['A=b=c'],
  })
  expect(shapes.containers.run(request, '')).toEqual(request)
})

test('problems are told by the names of the fields that the engine uses', () => {
  const form = filled({
    image: ' ', name: '-x', memoryMegabytes: 'much',
    ports: [portRow({ hostPort: '8080', containerPort: '80' }), portRow({ hostPort: '8080', containerPort: '81' }), portRow({ hostPort: '70000', containerPort: '' }), portRow({ hostPort: '5432', containerPort: '5432' })],
    mounts: [mountRow({ source: 'x', target: 'relative' }), mountRow({ kind: 'bind', source: 'relative', target: '/ok' })],
  })
  expect(Object.fromEntries(problemsOf(form, [taken(5432, 'db'), taken(5433, 'other')]))).toEqual({
    image: { key: 'required' },
    name: { key: 'name' },
    'ports[1].hostPort': { key: 'twice' },
    'ports[2].containerPort': { key: 'required' },
    'ports[2].hostPort': { key: 'port' },
    'ports[3].hostPort': { key: 'taken', owner: 'db', free: 5434 },
    'mounts[0].target': { key: 'absolute' },
    'mounts[1].source': { key: 'absolute' },
    'limits.memoryBytes': { key: 'number' },
  })
  expect(problemsOf(filled({}), nobody).size).toBe(0)
})

test('the time to stop may be none or without end, as Docker has it', () => {
  const problem = (stopSeconds: string) => problemsOf(filled({ stopSeconds }), []).get('stopSeconds')?.key
  expect(['', '0', '-1', '10', '-2', '1.5', 'long'].map(problem)).toEqual([undefined, undefined, undefined, undefined, 'seconds', 'seconds', 'seconds'])
})

test('only what runs holds its ports, at its own address and protocol', () => {
  const container = (name: string, status: 'running' | 'exited', hostIp: string) => ({ name, state: { status }, ports: [{ containerPort: 80, protocol: 'tcp', hostPort: 8080, hostIp }] }) as unknown as ContainerSummary
  const listener: PortListener = { ip: '0.0.0.0', port: 9000, protocol: 'udp' } as PortListener
  const known = takenPorts([container('local', 'running', '127.0.0.1'), container('ended', 'exited', '127.0.0.2')], [listener])
  const problemAt = (hostIp: string, hostPort: string, protocol: 'tcp' | 'udp' = 'tcp') => problemsOf(filled({ ports: [portRow({ hostIp, hostPort, containerPort: '80', protocol })] }), known).get('ports[0].hostPort')
  expect([problemAt('', '8080'), problemAt('127.0.0.1', '8080')]).toEqual([{ key: 'taken', owner: 'local', free: 8081 }, { key: 'taken', owner: 'local', free: 8081 }])
  expect([problemAt('127.0.0.2', '8080'), problemAt('', '8080', 'udp'), problemAt('', '9000')]).toEqual([undefined, undefined, undefined])
  expect(problemAt('', '9000', 'udp')).toEqual({ key: 'taken', owner: undefined, free: 9001 })
})

test.each([
  ['', []],
  ['  a   b ', ['a', 'b']],
  [`"a b" 'c "d"' e\\ f`, ['a b', 'c "d"', 'e f']],
  [`--x="" ''`, ['--x=', '']],
  ['$(rm) `x` | y', ['$(rm)', '`x`', '|', 'y']],
])('%j are the words %j', (line, words) => expect(splitWords(line)).toEqual(words))
