import type { ManifestSource, Manifests } from '#shared/contract/kubernetes.ts'
import { EngineError } from '#shared/errors.ts'
import { fakeApplyCalls } from './fake-apply.ts'
import type { FakeCalls, FakeEngine } from './fake-calls.ts'

const documents = (name: string, image: string) => `apiVersion: v1
kind: Secret
metadata:
  name: ${name}-env
type: Opaque
stringData:
  SESSION_SECRET: geheim
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: ${name}
  labels:
    app.kubernetes.io/name: ${name}
spec:
  replicas: 1
  selector:
    matchLabels:
      app.kubernetes.io/name: ${name}
  template:
    metadata:
      labels:
        app.kubernetes.io/name: ${name}
    spec:
      containers:
        - name: ${name}
          image: ${image}
`

/** A file named `gone` is none. */
export const fakeKubernetesCalls = (engine: FakeEngine): FakeCalls => ({
  ...fakeApplyCalls(engine),
  'kubernetes.manifests': ({ source }: { source: ManifestSource }): Manifests => {
    if (source.kind === 'compose' && source.file.includes('gone')) throw new EngineError('invalid-argument', `open ${source.file}: no such file or directory`, { reason: 'compose-refused', field: 'file' })
    const some = engine.world.containers.filter((each) => (source.kind === 'containers' ? source.containers.includes(each.id) : each.compose?.project === 'shop')).map(({ compose, name, image }) => ({ name: compose?.service ?? name, image }))
    const [first = { name: 'web', image: 'nginx:1.27' }] = some
    return {
      text: some.map(({ name, image }) => documents(name, image)).join('---\n'),
      remarks: [
        { kind: 'secret', service: first.name, what: 'SESSION_SECRET' },
        ...some.slice(0, 3).map(({ name }) => ({ kind: 'claim' as const, service: name, what: `${name}-data` })),
        { kind: 'bind', service: first.name, what: '/home/ada/projects/shop/nginx.conf → /etc/nginx/nginx.conf' },
        { kind: 'image', service: first.name, what: first.image },
        { kind: 'rights', service: first.name, what: '--privileged' },
        { kind: 'depends', service: first.name, what: 'database, cache' },
      ],
    }
  },
  'kubernetes.save': () => undefined,
})
