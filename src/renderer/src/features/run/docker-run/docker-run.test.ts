import { expect, test } from 'vitest'
import { runRequest } from '#shared/contract/containers.ts'
import { looksLikeRun, parseDockerRun } from './docker-run.ts'

const parsed = (line: string) => {
  const result = parseDockerRun(line)
  if (result.status !== 'parsed') throw new Error(JSON.stringify(result))
  return result
}

test.each<[string, object]>([
  ['docker run nginx', {}],
  ['$ sudo docker container run -d nginx', {}],
  ['podman create nginx', {}],
  ['docker run --name=web --name other nginx', { name: 'other' }],
  ['docker run -itd --rm nginx sh -c "echo hi; exit"', { interactive: true, tty: true, autoRemove: true, command: ['sh', '-c', 'echo hi; exit'] }],
  ['docker run -p 8080:80 -p127.0.0.1:53:53/udp -p [::1]:9000:90 -p 443 nginx', { ports: [{ hostPort: 8080, containerPort: 80, protocol: 'tcp' }, { hostIp: '127.0.0.1', hostPort: 53, containerPort: 53, protocol: 'udp' }, { hostIp: '::1', hostPort: 9000, containerPort: 90, protocol: 'tcp' }, { containerPort: 443, protocol: 'tcp' }] }],
  ['docker run --publish 7000-7001:8000-8001 -P nginx', { ports: [{ hostPort: 7000, containerPort: 8000, protocol: 'tcp' }, { hostPort: 7001, containerPort: 8001, protocol: 'tcp' }], publishAll: true }],
  ['docker run -v /srv:/data:ro -v named:/n -v /anonymous -v "$PWD/x:/x" -v ./y:/y nginx', { mounts: [{ kind: 'bind', source: '/srv', target: '/data', readOnly: true }, { kind: 'volume', source: 'named', target: '/n' }, { kind: 'volume', target: '/anonymous' }, { kind: 'bind', source: '$PWD/x', target: '/x' }, { kind: 'bind', source: './y', target: '/y' }] }],
  ['docker run --mount type=bind,src=/a,dst=/b,readonly --mount source=v,target=/v --tmpfs /run:size=5m nginx', { mounts: [{ kind: 'bind', source: '/a', target: '/b', readOnly: true }, { kind: 'volume', source: 'v', target: '/v' }, { kind: 'tmpfs', target: '/run' }] }],
  [`docker run -e A=1 --env 'B=two words' -eC=3 --env=D nginx`, { environment: ['A=1', 'B=two words', 'C=3', 'D'] }],
  ['docker run -l a=b --label c --restart on-failure:3 nginx', { labels: { a: 'b', c: '' }, restart: { policy: 'on-failure', maximumRetries: 3 } }],
  ['docker run -m 512m --cpus=1.5 --pids-limit 100 --shm-size 1g --ulimit nofile=1:2 nginx', { limits: { memoryBytes: 536_870_912, cpus: 1.5, pids: 100 }, shmBytes: 1_073_741_824, ulimits: ['nofile=1:2'] }],
  ['docker run --network shop --network-alias www --ip 10.0.0.5 --net back nginx', { networks: ['shop', 'back'], join: { network: 'shop', aliases: ['www'], ipv4: '10.0.0.5' } }],
  ['docker run --network name=shop,alias=a,ip=10.0.0.6 nginx', { networks: ['shop'], join: { network: 'shop', aliases: ['a'], ipv4: '10.0.0.6' } }],
  ['docker run --net=host --privileged --read-only --init --cap-add NET_ADMIN --cap-drop=ALL nginx', { networks: ['host'], privileged: true, readOnlyRoot: true, init: true, capabilitiesAdded: ['NET_ADMIN'], capabilitiesDropped: ['ALL'] }],
  ['docker run --device /dev/dri --device /dev/a:/dev/b:r --device /dev/c:rw nginx', { devices: [{ host: '/dev/dri', container: '/dev/dri', permissions: 'rwm' }, { host: '/dev/a', container: '/dev/b', permissions: 'r' }, { host: '/dev/c', container: '/dev/c', permissions: 'rw' }] }],
  ['docker run --health-cmd "curl -f localhost" --health-interval 1m30s --health-retries=2 nginx', { healthCheck: { kind: 'command', test: ['CMD-SHELL', 'curl -f localhost'], interval: 90, retries: 2 } }],
  ['docker run --no-healthcheck --log-driver local --log-opt max-size=10m --sysctl a.b=1 nginx', { healthCheck: { kind: 'none' }, logging: { driver: 'local', options: { 'max-size': '10m' } }, sysctls: { 'a.b': '1' } }],
  ['docker run --dns 1.1.1.1 --dns-search x.org --add-host db:10.0.0.1 -h me -u 1:1 -w /w --entrypoint /e --stop-signal INT --stop-timeout 3 --group-add audio --security-opt no-new-privileges --pull always --platform linux/arm64 nginx', { dnsServers: ['1.1.1.1'], dnsSearch: ['x.org'], extraHosts: ['db:10.0.0.1'], hostname: 'me', user: '1:1', workingDirectory: '/w', entrypoint: ['/e'], stopSignal: 'INT', stopSeconds: 3, groups: ['audio'], securityOptions: ['no-new-privileges'], pull: 'always', platform: 'linux/arm64' }],
  ['docker run -d \\\n  --name web \\\r\n  -p 80:80 \\\n  nginx', { name: 'web', ports: [{ hostPort: 80, containerPort: 80, protocol: 'tcp' }] }],
  ['docker run -d `\n --name web nginx -v', { name: 'web', command: ['-v'] }],
  ['docker run -- nginx -d', { command: ['-d'] }],
])('%s', (line, expected) => {
  const { request, leftOut } = parsed(line)
  expect(request).toEqual({ image: 'nginx', ...expected })
  expect(leftOut).toEqual([])
  expect(runRequest(request, '')).toEqual(request)
})

test('what the form has no place for is named, not dropped in silence', () => {
  expect(parsed('docker run --gpus all --ipc=host --oom-kill-disable --env-file .env -d -a stdin nginx')).toEqual({ status: 'parsed', request: { image: 'nginx' }, leftOut: ['--gpus all', '--ipc host', '--oom-kill-disable', '--env-file .env'] })
})

test.each([
  ['docker build .', { kind: 'not-a-run' }],
  ['rm -rf /', { kind: 'not-a-run' }],
  ['docker -H tcp://x run nginx', { kind: 'unknown-flag', flag: '-H before “run”' }],
  ['docker run --nmae web nginx', { kind: 'unknown-flag', flag: '--nmae' }],
  ['docker run -x nginx', { kind: 'unknown-flag', flag: '-x' }],
  ['docker run --__proto__ nginx', { kind: 'unknown-flag', flag: '--__proto__' }],
  ['docker run -p', { kind: 'value-missing', flag: '-p' }],
  ['docker run -p eighty:80 nginx', { kind: 'bad-value', flag: '-p', value: 'eighty:80' }],
  ['docker run -p 80:70000 nginx', { kind: 'bad-value', flag: '-p', value: '80:70000' }],
  ['docker run --memory lots nginx', { kind: 'bad-value', flag: '--memory', value: 'lots' }],
  ['docker run --restart sometimes nginx', { kind: 'bad-value', flag: '--restart', value: 'sometimes' }],
  ['docker run --privileged=maybe nginx', { kind: 'bad-value', flag: '--privileged', value: 'maybe' }],
  ['docker run -v a:b:c:d nginx', { kind: 'bad-value', flag: '-v', value: 'a:b:c:d' }],
  ['docker run -d --name web', { kind: 'no-image' }],
])('%s is refused', (line, problem) => expect(parseDockerRun(line)).toEqual({ status: 'refused', problem }))

test('a pasted line is told from the name of an image', () => {
  expect(['docker run nginx', '  $ sudo docker run -d x', 'docker container run x'].every(looksLikeRun)).toBe(true)
  expect(['nginx', 'docker', 'docker.io/run', 'docker runner'].some(looksLikeRun)).toBe(false)
})
