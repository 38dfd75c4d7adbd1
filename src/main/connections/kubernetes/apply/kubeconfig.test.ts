import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { contextOf, kubeconfigFiles, readKubeconfig } from './kubeconfig.ts'
import { openKubernetesApi } from './kubernetes-api.ts'
import { startFakeApiServer } from './testing/fake-api-server.ts'

/** Kubernetes' library is large. */
beforeAll(() => import('@kubernetes/client-node'), 120_000)

const { signal } = new AbortController()

async function folderWith(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'slipway-kubeconfig-'))
  onTestFinished(() => rm(folder, { recursive: true }))
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  return folder
}
const config = (name: string, server: string, user: object = {}) => JSON.stringify({ clusters: [{ name, cluster: { server } }], users: [{ name, user }], contexts: [{ name, context: { cluster: name, user: name, namespace: 'team' } }], 'current-context': name })

test('the files are those of kubectl', () => {
  expect(kubeconfigFiles({ KUBECONFIG: '/a:/b:/a' })).toEqual(['/a', '/b'])
  expect(kubeconfigFiles({ HOME: '/home/ada' })).toEqual(['/home/ada/.kube/config'])
})

test('several files are one: the first of a name counts, paths are beside their file, and what is broken is told while the rest is used', async () => {
  const folder = await folderWith({
    one: config('one', 'https://one.example/', { 'client-certificate': 'ada.pem', 'client-key': '/keys/ada.pem' }),
    two: `clusters:\n- name: one\n  cluster: { server: "https://other.example" }\n- name: two\n  cluster: { server: "https://two.example", certificate-authority: ca.pem }\nusers:\n- name: two\n  user: { tokenFile: token, exec: null }\ncontexts:\n- name: two\n  context: { cluster: two, user: two }\n- name: lost\n  context: { cluster: nowhere, user: two }\n`,
    broken: 'clusters: [',
    empty: '',
  })
  const paths = ['one', 'two', 'broken', 'empty', 'absent'].map((name) => join(folder, name))
  const read = await readKubeconfig(paths)
  expect(read).toMatchObject({ current: 'one', files: paths, contexts: [{ name: 'one', server: 'https://one.example', namespace: 'team' }, { name: 'two', server: 'https://two.example' }] })
  expect(read.problems).toEqual([{ file: join(folder, 'broken'), reason: expect.stringMatching(/\S/) as string }, { file: join(folder, 'two'), reason: 'context lost: no cluster named nowhere with a server' }])
  expect(contextOf(read, 'one').user).toEqual({ name: 'one', certFile: join(folder, 'ada.pem'), keyFile: '/keys/ada.pem' })
  expect(contextOf(read, 'two')).toMatchObject({ cluster: { caFile: join(folder, 'ca.pem') }, user: { authProvider: { config: { tokenFile: join(folder, 'token') } } } })
  expect(() => contextOf(read, 'lost')).toThrow('No kubeconfig has a context named lost.')
})

test('tokens, files with tokens, and programs sign in; what does not is said in words', async () => {
  await using server = await startFakeApiServer({ tokens: { hush: 'ada', filed: 'bob', made: 'eve' } })
  const folder = await folderWith({
    token: 'filed\n',
    program: `#!/bin/sh\ncase "$KUBERNETES_EXEC_INFO" in *'"kind":"ExecCredential"'*) ;; *) echo "no info" >&2; exit 1;; esac\necho '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"'$TOKEN'"}}'\n`,
    refusing: '#!/bin/sh\necho "the session has expired" >&2\nexit 2\n',
  })
  for (const name of ['program', 'refusing']) await chmod(join(folder, name), 0o755)
  const exec = (command: string) => ({ exec: { apiVersion: 'client.authentication.k8s.io/v1', command, env: [{ name: 'TOKEN', value: 'made' }], installHint: 'Install it from example.org.' } })
  const ask = async (user: object, url = server.url) => {
    await writeFile(join(folder, 'config'), config('lab', url, user))
    await using api = await openKubernetesApi(await readKubeconfig([join(folder, 'config')]), 'lab')
    return await api.json<{ gitVersion: string }>('GET', '/version', { signal })
  }
  for (const user of [{ token: 'hush' }, { tokenFile: 'token' }, exec('./program')]) expect(await ask(user)).toEqual({ gitVersion: 'v1.34.0-fake' })
  await expect(ask({ token: 'wrong' })).rejects.toMatchObject({ code: 'unauthorized', reason: 'kubernetes-401', message: 'The cluster does not know who this is (Unauthorized).' })
  await expect(ask(exec('./refusing'))).rejects.toMatchObject({ reason: 'not-signed-in', message: expect.stringContaining('the session has expired') as string })
  await expect(ask(exec('slipway-no-such-program'))).rejects.toMatchObject({ reason: 'not-signed-in', hint: 'Install it from example.org.' })
  await expect(ask({ 'client-certificate': 'absent.pem' })).rejects.toMatchObject({ reason: 'not-signed-in', message: expect.stringContaining('absent.pem') as string })
  await expect(ask({ token: 'hush' }, 'http://127.0.0.1:9')).rejects.toMatchObject({ code: 'unavailable', reason: 'cluster-unreachable', field: 'context' })
})
