import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import type { OciSpec } from './runtime.ts'
import { makeRootfs } from './testing/bundle-root.ts'
import { INSTALLED_RUNTIMES, openRealRuntime } from './testing/real-runtime.ts'

/** The default 14 as a mask. */
const DEFAULT_MASK = '00000000a80425fb'

describe.each(INSTALLED_RUNTIMES)('a container made by %s', (name) => {
  const real = openRealRuntime(name)
  afterAll(() => real[Symbol.asyncDispose]())
  const say = async (script: string, input?: Parameters<typeof real.run>[1]) => (await real.run(script, input)).stdout.trim()

  test('has the default capabilities and a seccomp filter', async () => {
    const status = await say('grep -E "^(Cap|NoNewPrivs|Seccomp)" /proc/self/status')
    expect(status).toMatch(new RegExp(`CapPrm:\\s${DEFAULT_MASK}`))
    expect(status).toMatch(new RegExp(`CapEff:\\s${DEFAULT_MASK}`))
    expect(status).toMatch(new RegExp(`CapBnd:\\s${DEFAULT_MASK}`))
    expect(status).toMatch(/CapInh:\s0000000000000000/)
    expect(status).toMatch(/CapAmb:\s0000000000000000/)
    expect(status).toMatch(/NoNewPrivs:\s0/)
    expect(status).toMatch(/Seccomp:\s2/)
  })

  test('gives them up as another user', async () => {
    const status = await say('grep -E "^Cap(Eff|Bnd)" /proc/self/status; id', { process: { args: ['/bin/sh', '-c', 'grep -E "^Cap(Eff|Bnd)" /proc/self/status; id'], env: [], tty: false, user: 'www' } })
    expect(status).toMatch(/CapEff:\s0000000000000000/)
    expect(status).toMatch(new RegExp(`CapBnd:\\s${DEFAULT_MASK}`))
    expect(status).toContain('uid=33(www) gid=33(www) groups=24(cdrom),29(audio),33(www)')
  })

  test('keeps the same filter whether it was compiled before or not', async () => {
    const attempt = 'unshare -U true 2>/dev/null || echo no-unshare; mount -t tmpfs x /tmp 2>/dev/null || echo no-mount; grep Seccomp: /proc/self/status'
    const first = await say(attempt, { security: { capAdd: ['SYSLOG'] } })
    const second = await say(attempt, { security: { capAdd: ['SYSLOG'] } })
    expect([first, second]).toEqual(['no-unshare\nno-mount\nSeccomp:\t2', 'no-unshare\nno-mount\nSeccomp:\t2'])
  })

  test('cannot read what is masked nor write what is read-only', async () => {
    expect(await say('cat /proc/kcore /proc/keys /proc/timer_list /proc/interrupts 2>/dev/null | wc -c; ls /sys/firmware | wc -l')).toBe('0\n0')
    expect((await real.run('echo 1 > /proc/sys/vm/drop_caches')).stderr).toMatch(/Read-only file system/)
    expect((await real.run('mkdir /sys/fs/cgroup/memory/x /sys/fs/cgroup/x')).exit.code).not.toBe(0)
  })

  test('cannot use a device that it makes', async () => {
    // Several, since not every machine lets its own root open each: a disk, a loop device, FUSE, the kernel's log.
    const attempt = 'for device in "b 254 0" "b 7 0" "c 10 229" "c 1 11"; do busybox mknod /tmp/it $device && echo made; (exec 3</tmp/it) 2>/dev/null && echo opened $device; rm /tmp/it; done'
    expect(await say(attempt)).toBe('made\nmade\nmade\nmade')
    expect(await say('echo x > /dev/null && head -c 3 /dev/zero | wc -c; ls /dev')).toMatch(/^3\n/)
  })

  test('has no new privileges when told so, and none of the network but its own', async () => {
    expect(await say('grep NoNewPrivs /proc/self/status', { security: { noNewPrivileges: true } })).toMatch(/1$/)
    expect(await say('ls /sys/class/net')).toBe('lo')
  })

  test('stops at its pids limit', async () => {
    const { stderr } = await real.run('for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 5 & done; true', { limits: { pidsLimit: 8 } })
    expect(stderr).toMatch(/fork|Resource temporarily unavailable/)
  })

  test('is not stopped by limits that cannot be raised', async () => {
    const { exit, stdout } = await real.run('ulimit -n', { ulimits: [{ name: 'nofile', soft: 1 << 20, hard: 1 << 20 }] })
    expect(exit.code).toBe(0)
    expect(Number(stdout)).toBeGreaterThan(1000)
  })

  test('writes to no part of a read-only root but what is mounted there', async () => {
    const { stderr, stdout } = await real.run('touch /x; touch /run/y && echo ok', { rootfs: { path: real.rootfs, readonly: true }, mounts: [{ kind: 'tmpfs', target: '/tmp' }, { kind: 'tmpfs', target: '/sbin' }] }).catch(() => ({ stderr: '', stdout: '' }))
    expect(stderr).toMatch(/\/x: Read-only file system/)
    expect(stdout).toBe('')
    expect(await say('touch /tmp/y && echo ok', { rootfs: { path: real.rootfs, readonly: true }, mounts: [{ kind: 'tmpfs', target: '/tmp' }] })).toBe('ok')
  })

  test('starts with the settings of its own namespaces', async () => {
    expect(await say('hostname; cat /proc/sys/kernel/domainname /proc/sys/net/ipv4/ip_unprivileged_port_start', { hostname: 'box', domainname: 'example.org' })).toBe('box\nexample.org\n0')
  })
})

describe.each(INSTALLED_RUNTIMES)('a hostile image under %s', (name) => {
  const real = openRealRuntime(name)
  afterAll(() => real[Symbol.asyncDispose]())
  const outside = join(real.root, 'outside')
  mkdirSync(outside)
  writeFileSync(join(outside, 'precious'), 'untouched')

  const untouched = () => {
    expect(readdirSync(outside)).toEqual(['precious'])
    expect(readFileSync(join(outside, 'precious'), 'utf8')).toBe('untouched')
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(outside)
  }
  const imageWith = (path: string, target: string) => {
    const rootfs = makeRootfs(join(real.root, `hostile-${readdirSync(real.root).length}`))
    rmSync(join(rootfs, path), { recursive: true, force: true })
    symlinkSync(target, join(rootfs, path))
    return rootfs
  }

  test.each(['proc', 'dev', 'sys'])('whose /%s is a link leads nowhere', async (folder) => {
    const rootfs = imageWith(folder, outside)
    await expect(real.run('true', { rootfs: { path: rootfs, readonly: false } })).rejects.toMatchObject({ code: 'invalid-argument', reason: 'hostile-image' })
    untouched()
  })

  test.each(['relative', 'absolute'])('whose mount target is a %s link gets the mount within', async (kind) => {
    const rootfs = imageWith('data', kind === 'absolute' ? outside : `../../../../../../../..${outside}`)
    const source = join(real.root, 'source')
    mkdirSync(source, { recursive: true })
    await real.run('touch /data/written', { rootfs: { path: rootfs, readonly: false }, mounts: [{ kind: 'bind', source, target: '/data', readonly: false }] }).catch(() => {})
    untouched()
  })

  test('whose working directory is a link to an open file of the runtime stays inside', async () => {
    const rootfs = imageWith('work', '/proc/self/fd/7')
    const made = await real.run('readlink /proc/self/cwd; ls', { rootfs: { path: rootfs, readonly: false }, process: { args: ['/bin/sh', '-c', 'ls .. ../.. ../../..'], env: [], tty: false, cwd: '/work' } }).catch(() => undefined)
    expect(made?.stdout ?? '').not.toContain('precious')
  })

  test('cannot write to the runtime through /proc/PID/exe, neither as its first program nor while others are added', async () => {
    const { path } = real.host.facts.runtime!
    const digest = () => createHash('sha256').update(readFileSync(path)).digest('hex')
    const before = digest()
    const rootfs = imageWith('program', '/proc/self/exe')
    await real.run('true', { rootfs: { path: rootfs, readonly: false }, process: { args: ['/program'], env: [], tty: false } }).catch(() => {})
    const task = await real.create('while :; do for exe in /proc/[0-9]*/exe; do echo overwritten > $exe; done; done 2>/dev/null')
    await task.start()
    const { process } = JSON.parse(readFileSync(join(real.layout.container(task.id).bundle, 'config.json'), 'utf8')) as OciSpec
    for (let round = 0; round < 5; round++) {
      const exec = await task.exec({ execId: real.newId(), process: { ...process, args: ['/bin/true'] }, stdin: false })
      await exec.start()
      expect((await exec.exited).code).toBe(0)
    }
    await task.remove()
    expect(digest()).toBe(before)
  })
})
