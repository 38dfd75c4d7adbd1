import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setStage, type Stage } from '../fixtures/stage.ts'

let stage: Stage
beforeAll(async () => void (stage = await setStage()))
afterAll(async () => stage?.[Symbol.asyncDispose]())

const ok = (...args: string[]) => stage.engine.ok(...args)
const docker = (...args: string[]) => stage.engine.docker(...args)
const inspect = (name: string, format: string) => ok('inspect', '-f', format, name)

describe('run', () => {
  test('prints what the command prints and ends as it ends', async () => {
    const { code, stdout, stderr } = await docker('run', '--rm', stage.busybox, 'sh', '-c', 'echo out; echo err >&2; exit 7')
    expect([code, stdout, stderr]).toEqual([7, 'out\n', 'err\n'])
  })

  test('a command that is not there is 127, one that cannot run 126, and nothing is left with --rm', async () => {
    expect(await docker('run', '--rm', stage.busybox, 'nonesuch')).toMatchObject({ code: 127, output: expect.stringContaining('executable file not found in $PATH') })
    expect(await docker('run', '--rm', stage.busybox, '/etc/passwd')).toMatchObject({ code: 126, output: expect.stringContaining('permission denied') })
    expect(await ok('ps', '-aq')).toBe('')
  })

  test('hostname, environment, folder, user, groups and the image\'s defaults', async () => {
    const script = 'echo $(hostname) $A $(pwd) $(id -u):$(id -g) $(id -G)'
    expect(await ok('run', '--rm', '--hostname', 'hosta', '-e', 'A=b', '-w', '/new/folder', '-u', '1000:1001', '--group-add', '44', stage.busybox, 'sh', '-c', script)).toBe('hosta b /new/folder 1000:1001 1001 44')
    expect(await ok('run', '--rm', '-u', 'nobody', stage.busybox, 'id', '-un')).toBe('nobody')
  })

  test('--init is process 1, passes signals on and carries the code', async () => {
    expect(await docker('run', '--rm', '--init', stage.busybox, 'sh', '-c', 'cat /proc/1/comm; exit 3')).toMatchObject({ code: 3, stdout: 'docker-init\n' })
  })

  test('limits, capabilities, read-only root, tmpfs, shared memory, sysctls', async () => {
    const limits = 'cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/memory/memory.limit_in_bytes 2>/dev/null; true'
    expect(await ok('run', '--rm', '-m', '64m', '--cpu-quota', '-1', stage.busybox, 'sh', '-c', limits)).toBe('67108864')
    const script = 'grep CapEff /proc/self/status | tr -d "\\t"; touch /x 2>&1; touch /t/x && echo written; df -k /dev/shm | tail -1 | tr -s " " | cut -d" " -f2; cat /proc/sys/net/ipv4/ip_unprivileged_port_start; ulimit -n'
    const output = await ok('run', '--rm', '--read-only', '--cap-drop', 'ALL', '--cap-add', 'chown', '--tmpfs', '/t:size=1m', '--shm-size', '2m', '--sysctl', 'net.ipv4.ip_unprivileged_port_start=7', '--ulimit', 'nofile=300', stage.busybox, 'sh', '-c', script)
    expect(output.split('\n')).toEqual(['CapEff:0000000000000001', 'touch: /x: Read-only file system', 'written', '2048', '7', '300'])
  })

  test('the command overrides the image\'s, an entrypoint replaces both', async () => {
    expect(await ok('run', '--rm', '--entrypoint', 'echo', `${stage.web}:1.0`, 'alone')).toBe('alone')
  })

  test('joined namespaces: network with its hostname, processes', async () => {
    await ok('run', '-d', '--name', 'first', '--hostname', 'firsthost', stage.busybox, 'sleep', '1000')
    expect(await ok('run', '--rm', '--network', 'container:first', stage.busybox, 'hostname')).toBe('firsthost')
    expect(await ok('run', '--rm', '--pid', 'container:first', stage.busybox, 'ps')).toContain('sleep 1000')
    await ok('create', '--name', 'follower', '--network', 'container:first', stage.busybox, 'hostname')
    await ok('rename', 'first', 'renamed')
    expect(await ok('start', '-a', 'follower')).toBe('firsthost')
    await ok('run', '-d', '--name', 'second', '--network', 'container:renamed', stage.busybox, 'sleep', '1000')
    expect(await ok('run', '--rm', '--network', 'container:second', stage.busybox, 'sh', '-c', 'hostname; grep -c firsthost /etc/hosts')).toBe('firsthost\n1')
    expect((await docker('run', '--rm', '--name', 'me', '--network', 'container:me', stage.busybox, 'true')).output).toContain('cannot join own network')
    await ok('rm', '-f', 'renamed', 'second', 'follower')
  })
})

describe('a life', () => {
  test('ps, exec beside, pause, TERM by stop, start again, kill, rm -f', async () => {
    const script = 'echo out; trap "echo bye; exit 0" TERM; while :; do sleep 0.05; done'
    const id = await ok('run', '-d', '--name', 'life', '--restart', 'always', stage.busybox, 'sh', '-c', script)
    expect(await ok('ps', '--format', '{{.ID}} {{.Names}} {{.State}}')).toBe(`${id.slice(0, 12)} life running`)
    expect(await inspect(id.slice(0, 8), '{{.Name}}')).toBe('/life')
    await ok('pause', 'life')
    expect(await inspect('life', '{{.State.Status}} {{.State.Paused}}')).toBe('paused true')
    expect((await docker('exec', 'life', 'true')).output).toContain('is paused')
    await ok('unpause', 'life')
    await ok('stop', '-t', '5', 'life')
    expect(await ok('logs', 'life')).toBe('out\nbye')
    expect(await inspect('life', '{{.State.Status}} {{.State.ExitCode}}')).toBe('exited 0')
    expect(await ok('ps', '-a', '--format', '{{.Names}} {{.State}}')).toBe('life exited')
    await ok('start', 'life')
    await ok('kill', 'life')
    expect(await inspect('life', '{{.State.ExitCode}}')).toBe('137')
    await ok('start', 'life')
    expect((await docker('rm', 'life')).output).toContain('cannot remove container "/life": container is running')
    await ok('rm', '-f', 'life')
    expect((await docker('rm', 'life')).output).toContain('No such container: life')
  })

  test('ps tells the image by the name it was made by while that is its name, and what links call it', async () => {
    await ok('tag', stage.busybox, 'moves:now')
    await ok('create', '--name', 'db', 'moves:now', 'true')
    await ok('create', '--name', 'app', '--link', 'db:store', stage.busybox, 'true')
    const row = () => ok('ps', '-a', '--no-trunc', '--filter', 'name=store', '--format', '{{.Image}} {{.Names}}')
    expect(await row()).toBe('moves:now db,app/store')
    await ok('tag', `${stage.web}:1.0`, 'moves:now')
    expect(await row()).toBe(`${await ok('inspect', '-f', '{{.Image}}', 'app/store')} db,app/store`)
    expect(await ok('ps', '-q', '--filter', 'since=db')).toBe('')
    await ok('rm', 'app', 'db')
    await ok('rmi', 'moves:now')
  })

  test('names are unique and can be changed', async () => {
    await ok('create', '--name', 'one', stage.busybox, 'true')
    expect((await docker('create', '--name', 'one', stage.busybox, 'true')).output).toMatch(/Conflict\. The container name "\/one" is already in use by container "[0-9a-f]{64}"/)
    await ok('rename', 'one', 'two')
    await ok('create', '--name', 'one', stage.busybox, 'true')
    await ok('rm', 'one', 'two')
  })

  test('restart policies: always restarts, on-failure gives up, no does nothing', async () => {
    await ok('run', '-d', '--name', 'always', '--restart', 'always', stage.busybox, 'sh', '-c', 'exit 1')
    await ok('run', '-d', '--name', 'twice', '--restart', 'on-failure:2', stage.busybox, 'false')
    await ok('run', '-d', '--name', 'never', stage.busybox, 'false')
    await expect.poll(async () => Number(await inspect('always', '{{.RestartCount}}')), { timeout: 20_000 }).toBeGreaterThanOrEqual(2)
    await expect.poll(() => inspect('twice', '{{.RestartCount}} {{.State.Status}}'), { timeout: 20_000 }).toBe('2 exited')
    expect(await inspect('never', '{{.RestartCount}} {{.State.ExitCode}}')).toBe('0 1')
    await ok('rm', '-f', 'always', 'twice', 'never')
  })

  test('wait, top, stats, port, update, restart', async () => {
    await ok('run', '-d', '--name', 'short', stage.busybox, 'sh', '-c', 'sleep 0.3; exit 5')
    expect(await ok('wait', 'short')).toBe('5')
    await ok('run', '-d', '--name', 'long', '-m', '64m', stage.busybox, 'sleep', '1000')
    expect(await ok('top', 'long')).toContain('sleep 1000')
    expect(await ok('top', 'long', '-o', 'pid,args')).toMatch(/^PID\s+COMMAND\n\d+\s+sleep 1000$/)
    expect(await ok('stats', '--no-stream', '--format', '{{.Name}} {{.MemUsage}}', 'long')).toMatch(/^long [\d.]+[KM]?i?B \/ 64MiB$/)
    await ok('update', '-m', '32m', '--memory-swap', '64m', '--restart', 'unless-stopped', 'long')
    expect(await inspect('long', '{{.HostConfig.Memory}} {{.HostConfig.RestartPolicy.Name}}')).toBe('33554432 unless-stopped')
    const before = await inspect('long', '{{.State.Pid}}')
    await ok('restart', '-t', '0', 'long')
    expect(await inspect('long', '{{.State.Pid}}')).not.toBe(before)
    await ok('rm', '-f', 'short', 'long')
  })

  test('a health check changes the status', async () => {
    await ok('run', '-d', '--name', 'sick', '--health-cmd', 'test -e /well', '--health-interval', '100ms', '--health-retries', '1', stage.busybox, 'sleep', '1000')
    await expect.poll(() => ok('ps', '--filter', 'health=unhealthy', '--format', '{{.Names}} {{.Status}}'), { timeout: 30_000 }).toMatch(/^sick Up .*\(unhealthy\)$/)
    await ok('exec', 'sick', 'touch', '/well')
    await expect.poll(() => inspect('sick', '{{.State.Health.Status}}'), { timeout: 30_000 }).toBe('healthy')
    await ok('rm', '-f', 'sick')
  })

  test('container prune takes what ended, with filters', async () => {
    await ok('create', '--name', 'kept', '--label', 'keep=yes', stage.busybox, 'true')
    await ok('create', '--name', 'gone', stage.busybox, 'true')
    await ok('container', 'prune', '-f', '--filter', 'label!=keep=yes')
    expect(await ok('ps', '-a', '--format', '{{.Names}}')).toBe('kept')
    await ok('container', 'prune', '-f')
    expect(await ok('ps', '-aq')).toBe('')
  })
})
