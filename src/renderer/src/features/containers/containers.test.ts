import { expect, test } from 'vitest'
import { containerLook } from './container-words.ts'
import { parseEnvFile, splitVariable } from './environment.ts'
import { portLinks } from './ports.ts'

test('an exit of its own making is a failure, one that was asked for is not', () => {
  const look = (code: number) => containerLook({ status: 'exited', code })
  expect([look(0), look(1), look(137), look(143)]).toEqual([
    { look: 'exited', word: 'exited' },
    { look: 'failed', word: 'exitedCode', code: 1 },
    { look: 'exited', word: 'killed', code: 137 },
    { look: 'exited', word: 'exitedCode', code: 143 },
  ])
  expect(containerLook({ status: 'running', health: 'unhealthy' })).toEqual({ look: 'unhealthy', word: 'unhealthy' })
})

test('a port on all addresses is told once and opened on this machine', () => {
  const port = { containerPort: 80, protocol: 'tcp' as const, hostPort: 8080 }
  expect(portLinks([{ ...port, hostIp: '0.0.0.0' }, { ...port, hostIp: '::' }, { containerPort: 81, protocol: 'tcp' }])).toEqual([{ key: '8080:80/tcp', text: '8080:80', title: '0.0.0.0:8080, [::]:8080 → 80/tcp', url: 'http://localhost:8080/', hostPort: 8080 }])
})

test('a port on one address is opened there; what a browser cannot open has no link', () => {
  expect(portLinks([{ containerPort: 443, protocol: 'tcp', hostPort: 8443, hostIp: '127.0.0.1' }])[0]).toMatchObject({ url: 'https://127.0.0.1:8443/' })
  expect(portLinks([{ containerPort: 80, protocol: 'tcp', hostPort: 80, hostIp: '::1' }])[0]).toMatchObject({ text: '80', url: 'http://[::1]:80/' })
  expect(portLinks([{ containerPort: 53, protocol: 'udp', hostPort: 53 }])[0]).toMatchObject({ text: '53/udp', url: undefined })
  expect(portLinks([{ containerPort: 80, protocol: 'tcp', hostPort: 8080 }], 'far.example')[0]?.url).toBe('http://far.example:8080/')
})

test('variables and pasted .env files', () => {
  expect(splitVariable('A=b=c')).toEqual({ name: 'A', value: 'b=c' })
  expect(parseEnvFile('# note\nexport A="x y"\n\nB=\'z\'\r\nC=1=2\nnot a variable')).toEqual([{ name: 'A', value: 'x y' }, { name: 'B', value: 'z' }, { name: 'C', value: '1=2' }])
})
