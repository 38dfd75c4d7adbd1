import { expect, test } from 'vitest'
import { decodeOptions } from './options.ts'

test('every option of docker build that buildx passes on', () => {
  const options = decodeOptions({
    filename: 'D', target: 't', 'build-arg:A': '1', 'label:l': 'v', 'no-cache': '', 'image-resolve-mode': 'pull', platform: 'linux/amd64', 'add-hosts': 'a=1.2.3.4,b=::1',
    'force-network-mode': 'none', 'shm-size': '1024', ulimit: 'nofile=10:20,core=5', 'cgroup-parent': 'g',
  })
  expect(options).toMatchObject({
    dockerfile: 'D', target: 't', buildArgs: { A: '1' }, labels: { l: 'v' }, noCache: true, pull: true, platform: 'linux/amd64', extraHosts: ['a:1.2.3.4', 'b:::1'],
    network: 'none', shmSize: 1024, ulimits: [{ name: 'nofile', soft: 10, hard: 20 }, { name: 'core', soft: 5, hard: 5 }], cgroupParent: 'g',
  })
})

test('--no-cache-filter names stages, --no-cache means all', () => {
  expect(decodeOptions({ 'no-cache': 'a,b' })).toMatchObject({ noCache: false, noCacheStages: ['a', 'b'] })
  expect(decodeOptions({})).toMatchObject({ noCache: false, dockerfile: 'Dockerfile', network: 'default' })
})

test.for([[{ platform: 'linux/amd64,linux/arm64' }, 'several platforms'], [{ ulimit: 'x' }, 'ulimit'], [{ 'shm-size': 'x' }, 'shm-size'], [{ 'force-network-mode': 'mine' }, 'network mode']] as const)('%o is refused', ([attributes, words]) => {
  expect(() => decodeOptions(attributes)).toThrow(words)
})
