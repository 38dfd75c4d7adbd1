import { stringify } from 'yaml'
import { beforeAll, expect, test } from 'vitest'
import type { ApplyRequest, WorkloadStanding } from '#shared/contract/kubernetes-apply.ts'
import type { ProgressStep } from '#shared/contract/events.ts'
import { memoryJournal } from '../../journal.ts'
import { createApplies } from './applies.ts'
import type { ApplyRecord } from './apply-record.ts'
import type { WireObject } from './objects.ts'
import { StatusError } from './testing/fake-api-server.ts'
import { startApply, type ApplyLab } from './testing/start-apply.ts'

/** Kubernetes' library is large. */
beforeAll(() => import('@kubernetes/client-node'), 120_000)

const labels = { 'app.kubernetes.io/name': 'web' }
const deployment = (image: string, more: object = {}): WireObject => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web', labels }, spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers: [{ name: 'web', image }] } }, ...more } })
const configMap = (data: Record<string, string>, name = 'web-env'): WireObject => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name }, data })
const secret = (value: string): WireObject => ({ apiVersion: 'v1', kind: 'Secret', metadata: { name: 'web-env' }, type: 'Opaque', stringData: { TOKEN: value } })
const text = (...objects: WireObject[]) => objects.map((each) => stringify(each)).join('---\n')
const at = (kind: string, name: string, namespace = 'team') => `/${kind === 'deployments' || kind === 'statefulsets' ? 'apis/apps/v1' : kind === 'jobs' ? 'apis/batch/v1' : 'api/v1'}/namespaces/${namespace}/${kind}/${name}`
const web = at('deployments', 'web')

function requestOf(manifest: string, more: Partial<ApplyRequest> = {}): ApplyRequest {
  return { id: crypto.randomUUID(), subject: 'project:shop', context: 'lab', namespace: 'team', text: manifest, force: false, ...more }
}
/** An apply, and what it tells while it goes on. */
function begin({ calls }: Pick<ApplyLab, 'calls'>, request: ApplyRequest) {
  const leaving = new AbortController()
  let news = Promise.withResolvers<void>()
  let last: Extract<ProgressStep, { kind: 'apply' }> | undefined
  const done = calls.apply(request, {
    signal: leaving.signal,
    progress(step) {
      if (step.kind === 'apply') last = step
      news.resolve()
    },
  })
  return {
    done,
    leave: () => leaving.abort(),
    /** Until one of the workloads stands so. */
    async until(holds: (workload: WorkloadStanding) => boolean): Promise<WorkloadStanding> {
      for (;;) {
        const found = last?.workloads?.find(holds)
        if (found) return found
        await Promise.race([news.promise, done.then((answer) => Promise.reject(new Error(`it has ended: ${JSON.stringify(answer)}`)))])
        news = Promise.withResolvers()
      }
    },
  }
}
const operation = { signal: new AbortController().signal, progress: () => {} }
const ready = (object: WireObject) => void (object['status'] = { observedGeneration: object.metadata.generation, replicas: 2, updatedReplicas: 2, availableReplicas: 2 })
const pod = (name: string, status: object, generation = 'a'): WireObject => ({ apiVersion: 'v1', kind: 'Pod', metadata: { name, namespace: 'team', labels, generateName: generation }, status })
const waiting = (reason: string, message?: string, more: object = {}) => ({ containerStatuses: [{ name: 'web', restartCount: 3, state: { waiting: { reason, message } }, ...more }] })

test('a dry run says of each object what would become of it, and keeps nothing', async () => {
  const lab = await startApply()
  lab.server.put(web, { ...deployment('nginx:1'), metadata: { name: 'web', namespace: 'team', labels } })
  lab.server.put(at('secrets', 'web-env'), { ...secret('old'), metadata: { name: 'web-env', namespace: 'team' } })
  await lab.calls.apply(requestOf(text(configMap({ A: '1' }, 'same'))), operation)
  lab.server.validate = ({ kind }) => {
    if (kind === 'Job') throw new StatusError(422, 'Job.batch "once" is invalid: spec.template.spec.restartPolicy: Required value')
  }
  lab.server.admit = (_user, method, path) => {
    if (method === 'PATCH' && path.includes('/services/')) throw new StatusError(403, 'services "web" is forbidden: User "ada" cannot patch resource "services"')
  }
  const before = structuredClone([...lab.server.objects])
  const manifest = text(configMap({ A: '1' }, 'same'), configMap({ A: '1' }), secret('new'), deployment('nginx:2'), { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' }, spec: {} }, { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'once' }, spec: {} }, { apiVersion: 'example.org/v1', kind: 'Odd', metadata: { name: 'odd' } })
  const { objects, images } = await lab.calls.planApply({ context: 'lab', namespace: 'team', text: manifest, force: false }, operation)
  expect(objects.map(({ kind, name, change }) => `${kind} ${name} ${change}`)).toEqual(['ConfigMap same unchanged', 'ConfigMap web-env created', 'Secret web-env changed', 'Deployment web changed', 'Service web refused', 'Job once refused', 'Odd odd refused'])
  expect(objects[3]?.changes).toEqual([{ path: 'spec.template.spec.containers[web].image', before: 'nginx:1', after: 'nginx:2' }])
  expect(objects[2]?.changes).toEqual([{ path: 'data.TOKEN', before: '•••', after: '•••' }])
  expect(objects.slice(4).map(({ reason }) => reason)).toEqual([expect.stringContaining('cannot patch'), expect.stringContaining('Required value'), 'The cluster knows no Odd of example.org/v1.'])
  expect(images).toEqual([])
  expect([...lab.server.objects]).toEqual(before)
  expect(lab.server.asked.filter((asked) => asked.startsWith('PATCH') && !asked.includes('/same?')).every((asked) => asked.includes('dryRun=All') && asked.includes('fieldManager=slipway'))).toBe(true)
})

test('manifests and namespaces that are none are told at their fields', async () => {
  const { calls } = await startApply()
  const plan = (more: object) => calls.planApply({ context: 'lab', namespace: 'team', text: text(configMap({})), force: false, ...more }, operation)
  await expect(plan({ text: 'a: [' })).rejects.toMatchObject({ field: 'text' })
  await expect(plan({ text: '# nothing\n' })).rejects.toMatchObject({ message: 'There is no object in it.', field: 'text' })
  await expect(plan({ text: 'kind: Pod\n' })).rejects.toMatchObject({ field: 'text' })
  await expect(plan({ namespace: 'absent' })).rejects.toMatchObject({ message: 'The cluster has no namespace named absent.', field: 'namespace' })
  await expect(plan({ context: 'other' })).rejects.toMatchObject({ field: 'context' })
  expect(await calls.namespaces({ context: 'lab' }, operation)).toEqual({ version: 'v1.34.0-fake', names: ['default', 'team'] })
})

test('who may not list namespaces may still use one', async () => {
  const { calls, server } = await startApply()
  server.admit = (_user, _method, path) => {
    if (/\/namespaces(\/team)?$/.test(path)) throw new StatusError(403, 'namespaces is forbidden')
  }
  expect(await calls.namespaces({ context: 'lab' }, operation)).toEqual({ version: 'v1.34.0-fake' })
  expect((await calls.apply(requestOf(text(configMap({ A: '1' }))), operation)).applied).toMatchObject([{ change: 'created' }])
})

test('it is applied, followed while pods come and go wrong, and ready', async () => {
  const lab = await startApply()
  lab.server.logs = (name, container, previous) => (previous ? `${name} ${container}: no database\n` : '')
  const apply = begin(lab, requestOf(text(configMap({ A: '1' }), deployment('nginx:2'))))
  expect(await apply.until(({ wanted }) => wanted === 2)).toMatchObject({ kind: 'Deployment', state: 'waiting', ready: 0, troubles: [] })
  lab.server.put(at('pods', 'web-a'), pod('web-a', waiting('ImagePullBackOff', 'Back-off pulling image "nginx:2"')))
  expect(await apply.until(({ troubles }) => troubles.length > 0)).toMatchObject({ troubles: [{ pod: 'web-a', container: 'web', reason: 'ImagePullBackOff', message: 'Back-off pulling image "nginx:2"' }] })
  lab.server.change(at('pods', 'web-a'), (object) => void (object['status'] = waiting('CrashLoopBackOff', undefined, { lastState: { terminated: { exitCode: 1 } } })))
  expect(await apply.until(({ troubles }) => troubles[0]?.log !== undefined)).toMatchObject({ troubles: [{ reason: 'CrashLoopBackOff', message: 'exit code 1', log: ['web-a web: no database'] }] })
  lab.server.remove(at('pods', 'web-a'))
  lab.server.put(at('pods', 'web-b'), pod('web-b', { conditions: [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes are available' }] }))
  await apply.until(({ troubles }) => troubles[0]?.reason === 'Unschedulable' && troubles.length === 1)
  lab.server.change(web, ready)
  expect(await apply.done).toMatchObject({ ready: true, applied: [{ kind: 'ConfigMap', change: 'created', namespace: 'team' }, { kind: 'Deployment', change: 'created' }], workloads: [{ state: 'ready', ready: 2, wanted: 2, troubles: [] }] })
})

test('watches that end, bookmarks, and versions that the server has forgotten lose nothing', async () => {
  const lab = await startApply()
  const apply = begin(lab, requestOf(text(deployment('nginx:2'))))
  await apply.until(({ wanted }) => wanted === 2)
  lab.server.bookmark()
  lab.server.endWatches()
  lab.server.put(at('pods', 'web-a'), pod('web-a', waiting('ErrImagePull')))
  await apply.until(({ troubles }) => troubles[0]?.reason === 'ErrImagePull')
  // While nobody watches, more happens than the server remembers.
  lab.server.endWatches()
  lab.server.remove(at('pods', 'web-a'))
  lab.server.put(at('pods', 'web-b'), pod('web-b', waiting('CreateContainerConfigError', 'secret "web" not found')))
  lab.server.forget()
  await apply.until(({ troubles }) => troubles.length === 1 && troubles[0]?.pod === 'web-b')
  lab.server.change(web, ready)
  expect((await apply.done).ready).toBe(true)
})

test.each([
  ['a deployment that gives up', deployment('x'), (object: WireObject): void => void (object['status'] = { observedGeneration: object.metadata.generation, conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded', message: 'it has timed out progressing' }] }), 'it has timed out progressing'],
  ['a job that fails', { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'web', labels }, spec: {} }, (object: WireObject): void => void (object['status'] = { conditions: [{ type: 'Failed', status: 'True', message: 'Job has reached the specified backoff limit' }] }), 'Job has reached the specified backoff limit'],
])('%s is not waited for', async (_what, object, fail, message) => {
  const lab = await startApply()
  const apply = begin(lab, requestOf(text(object)))
  await apply.until(({ state }) => state === 'waiting')
  lab.server.change(at(object.kind === 'Job' ? 'jobs' : 'deployments', 'web'), fail)
  expect(await apply.done).toMatchObject({ ready: false, workloads: [{ state: 'failed', message }] })
})

test('patience has an end, and what was applied stays', async () => {
  const lab = await startApply()
  expect(await lab.calls.apply(requestOf(text(deployment('nginx:2')), { patience: 50 }), operation)).toMatchObject({ ready: false, workloads: [{ state: 'waiting' }] })
  expect(await lab.calls.applies(undefined, operation)).toMatchObject([{ cut: false, created: [{ kind: 'Deployment' }] }])
})

test('fields that another manages are refused, and taken only when that is said', async () => {
  const lab = await startApply()
  lab.server.put(web, { ...deployment('nginx:1'), metadata: { name: 'web', namespace: 'team', labels, managedFields: [{ manager: 'kubectl', operation: 'Apply', fields: ['\u001fspec\u001freplicas'] }] } })
  const manifest = text(deployment('nginx:1', { replicas: 5 }))
  const plan = (force: boolean) => lab.calls.planApply({ context: 'lab', namespace: 'team', text: manifest, force }, operation)
  expect((await plan(false)).objects).toMatchObject([{ change: 'refused', conflict: true, reason: '.spec.replicas: conflict with "kubectl"' }])
  expect((await plan(true)).objects).toMatchObject([{ change: 'changed', changes: [{ path: 'spec.replicas', before: '2', after: '5' }] }])
  const answer = await lab.calls.apply(requestOf(manifest), operation)
  expect(answer).toMatchObject({ applied: [], ready: false, problem: { message: expect.stringContaining('conflict with "kubectl"') as string } })
  expect(await lab.calls.applies(undefined, operation)).toEqual([])
})

test('a refusal in the middle says what was applied, and undoing removes what was made and puts back what was changed', async () => {
  const lab = await startApply()
  lab.server.put(at('configmaps', 'web-env'), { ...configMap({ A: '1', GONE: 'yes' }), metadata: { name: 'web-env', namespace: 'team', managedFields: [] } })
  const before = structuredClone([...lab.server.objects])
  lab.server.validate = ({ kind }) => {
    if (kind === 'Deployment') throw new StatusError(422, 'Deployment.apps "web" is invalid: spec.replicas: Invalid value')
  }
  const request = requestOf(text(configMap({ A: '2', B: '3' }), configMap({ C: '4' }, 'more'), deployment('nginx:2')))
  expect(await lab.calls.apply(request, operation)).toMatchObject({
    applied: [{ name: 'web-env', change: 'changed' }, { name: 'more', change: 'created' }],
    problem: { message: expect.stringMatching(/^Deployment web was refused: .*Invalid value/) as string, hint: '2 of 3 objects were applied before it.' },
  })
  expect(await lab.calls.applies(undefined, operation)).toMatchObject([{ id: request.id, context: 'lab', namespace: 'team', cut: false, created: [{ name: 'more' }], changed: [{ name: 'web-env' }] }])
  expect(await lab.calls.undoApply({ id: request.id }, operation)).toEqual({ removed: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'more', namespace: 'team' }], restored: [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'web-env', namespace: 'team' }], left: [] })
  const said = (objects: typeof before) => objects.map(([path, { metadata: { name }, ...rest }]) => ({ path, name, ...rest }))
  expect(said([...lab.server.objects])).toEqual(said(before))
  await expect(lab.calls.undoApply({ id: request.id }, operation)).rejects.toMatchObject({ reason: 'no-apply' })
})

test('what somebody else has changed, replaced or deleted since is left alone', async () => {
  const lab = await startApply()
  for (const name of ['one', 'two']) lab.server.put(at('configmaps', name), { ...configMap({ A: '1' }, name), metadata: { name, namespace: 'team' } })
  const request = requestOf(text(configMap({ A: '2' }, 'one'), configMap({ A: '2' }, 'two'), configMap({ A: '2' }, 'made'), configMap({ A: '2' }, 'gone')))
  await lab.calls.apply(request, operation)
  lab.server.change(at('configmaps', 'one'), (object) => void (object['data'] = { A: 'theirs' }))
  lab.server.remove(at('configmaps', 'two'))
  lab.server.remove(at('configmaps', 'gone'))
  lab.server.remove(at('configmaps', 'made'))
  lab.server.put(at('configmaps', 'made'), { ...configMap({ A: 'theirs' }, 'made'), metadata: { name: 'made', namespace: 'team' } })
  expect(await lab.calls.undoApply({ id: request.id }, operation)).toMatchObject({ removed: [], restored: [], left: [{ name: 'made', reason: 'Somebody has changed it meanwhile.' }, { name: 'two', reason: 'Somebody has deleted it.' }, { name: 'one', reason: 'Somebody has changed it meanwhile.' }] })
  expect(lab.server.objects.get(at('configmaps', 'one'))).toMatchObject({ data: { A: 'theirs' } })
})

test('what cannot be undone now can be another time', async () => {
  const lab = await startApply()
  const request = requestOf(text(configMap({ A: '1' }, 'one'), configMap({ A: '1' }, 'two')))
  await lab.calls.apply(request, operation)
  lab.server.admit = (_user, method, path) => {
    if (method === 'DELETE' && path.endsWith('/one')) throw new StatusError(403, 'configmaps "one" is forbidden')
  }
  expect(await lab.calls.undoApply({ id: request.id }, operation)).toMatchObject({ removed: [{ name: 'two' }], left: [{ name: 'one', reason: 'configmaps "one" is forbidden' }] })
  lab.server.admit = () => {}
  expect(await lab.calls.undoApply({ id: request.id }, operation)).toMatchObject({ removed: [{ name: 'one' }], left: [] })
  expect(lab.server.objects.has(at('configmaps', 'one'))).toBe(false)
})

test('an apply that the death of the app cut off is told at its next start, and undone from what was written down', async () => {
  const lab = await startApply()
  const written = memoryJournal<ApplyRecord>()
  // Dead at the moment in which the second object was applied: that was not written down any more.
  const dead = createApplies({ ...written, write: async (record) => void (record.entries.length < 2 || record.entries[1]?.after === undefined ? await written.write(record) : await new Promise(() => {})) })
  void dead.of(lab.connection).apply(requestOf(text(configMap({ A: '1' }), deployment('nginx:1'))), operation)
  while (!lab.server.objects.has(web)) await new Promise((resolve) => setImmediate(resolve))
  const next = createApplies(written).of(lab.connection)
  const [left] = await next.applies(undefined, operation)
  expect(left).toMatchObject({ cut: true, created: [{ kind: 'ConfigMap' }, { kind: 'Deployment' }] })
  expect(await next.undoApply({ id: left!.id }, operation)).toMatchObject({ removed: [{ kind: 'Deployment' }, { kind: 'ConfigMap' }], left: [] })
  expect([...lab.server.objects.values()].map(({ kind }) => kind)).toEqual(['Namespace', 'Namespace'])
  expect(await next.applies(undefined, operation)).toEqual([])
})

test('images that no registry has are named, pushed under the name that the cluster is given, and fetched with a secret where it needs one', async () => {
  const lab = await startApply({ slipway: true })
  const tags: string[] = []
  lab.engine.routes.set('GET /images/*/json', ({ params: [name] }) => ({ Id: `sha256:${name}`, RepoDigests: name === 'nginx:1' ? ['nginx@sha256:abc'] : [] }))
  lab.engine.routes.set('POST /images/*/tag', ({ query }) => (tags.push(`${query.get('repo')}:${query.get('tag')}`), {}))
  lab.engine.routes.set('POST /images/*/push', () => ({ status: 'Pushed' }))
  lab.engine.routes.set('DELETE /images/*', ({ params: [name] }) => (tags.splice(tags.indexOf(name!), 1), []))
  lab.engine.routes.set('GET /slipway/registry', () => ({ On: true, Host: '0.0.0.0', Port: 5055, Push: false, Username: 'slipway', Password: true, Loopback: false, Hosts: ['10.0.0.2'] }))
  const two = deployment('shop-web')
  ;(two['spec'] as { template: { spec: { containers: object[] } } }).template.spec.containers.push({ name: 'proxy', image: 'nginx:1' })
  expect(await lab.calls.planApply({ context: 'lab', namespace: 'team', text: text(two), force: false }, operation)).toMatchObject({ images: ['shop-web'] })
  const containers = () => (lab.server.objects.get(web)?.['spec'] as { template: { spec: { containers: { image: string }[]; imagePullSecrets?: object[] } } }).template.spec
  await lab.calls.apply(requestOf(text(two), { images: { kind: 'registry', prefix: 'registry.example.org/team' }, patience: 1 }), operation)
  expect(containers().containers.map(({ image }) => image)).toEqual(['registry.example.org/team/shop-web:latest', 'nginx:1'])
  expect(tags).toEqual([])
  const answer = await lab.calls.apply(requestOf(text(two), { images: { kind: 'own', address: '10.0.0.2:5055', password: 'long enough' }, patience: 1 }), operation)
  expect(answer.applied.map(({ kind, name }) => `${kind} ${name}`)).toEqual(['Secret shop-images', 'Deployment web'])
  expect(containers()).toMatchObject({ containers: [{ image: '10.0.0.2:5055/shop-web:latest' }, { image: 'nginx:1' }], imagePullSecrets: [{ name: 'shop-images' }] })
  const pull = lab.server.objects.get(at('secrets', 'shop-images')) as WireObject & { data: Record<string, string> }
  expect(pull).toMatchObject({ type: 'kubernetes.io/dockerconfigjson' })
  expect(Buffer.from(pull.data['.dockerconfigjson']!, 'base64').toString()).toContain('"10.0.0.2:5055":{"username":"slipway"')
})
