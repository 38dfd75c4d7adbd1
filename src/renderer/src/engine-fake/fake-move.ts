import type { MovePlan, MovePlanRequest, MoveRequest, MoveStep } from '#shared/contract/cluster-move.ts'
import type { StackPlan } from '#shared/contract/cluster.ts'
import { EngineError } from '#shared/errors.ts'
import type { FakeCalls, FakeEngine } from './fake-calls.ts'
import { wait } from './wait.ts'

const stackPlan = (stack: string): StackPlan => ({
  stack,
  services: [{ name: `${stack}_storefront`, image: 'ghcr.io/acme/storefront:2025.12.0', change: 'changed' }, { name: `${stack}_worker`, image: 'ghcr.io/acme/storefront:2025.12.0', change: 'new' }, { name: `${stack}_database`, image: 'postgres:17-alpine', change: 'same' }, { name: `${stack}_cache`, image: 'redis:7.4', change: 'left' }],
  remarks: [{ service: 'storefront', key: 'build' }, { service: 'storefront', key: 'depends_on' }, { service: 'database', key: 'container_name' }],
})

/** A stack named `broken` cannot be deployed or moved. */
export const fakeMoveCalls = ({ world, tell, cancelled }: FakeEngine, deployed: (names: string[], stack: string) => void): FakeCalls => ({
  'cluster.planStack': async ({ name, file }: { name: string; file: string }) => {
    await wait(300)
    if (file.includes('gone')) throw new EngineError('invalid-argument', `open ${file}: no such file or directory`, { reason: 'compose-refused', field: 'file' })
    return stackPlan(name)
  },
  'cluster.deployStack': async ({ name }: { name: string }) => {
    await wait(900)
    if (name === 'broken') throw new EngineError('conflict', "port '443' is already in use by service 'shop_storefront' as an ingress port", { field: 'ports' })
    deployed(stackPlan(name).services.map((each) => each.name), name)
    return stackPlan(name)
  },
  'cluster.planMove': async ({ containers, stack }: MovePlanRequest): Promise<MovePlan> => {
    await wait(300)
    if (stack === 'taken') throw new EngineError('already-exists', 'The cluster has a stack named taken already.', { reason: 'stack-exists', field: 'stack', hint: 'Choose another name.' })
    const some = world.containers.filter(({ id }) => containers.includes(id))
    const [first] = some.map(({ compose, name }) => compose?.service ?? name)
    return {
      stack,
      services: some.map(({ compose, name, image }) => ({ name: `${stack}_${compose?.service ?? name}`, image, replicas: 1, containers: [name] })),
      networks: [`${stack}_back`, `${stack}_front`],
      volumes: [`${stack}_database`],
      images: ['acme/admin:dev'],
      remarks: [
        { weight: 'change', kind: 'build', what: 'acme/admin:dev', service: first ?? 'web' }, { weight: 'loss', kind: 'volume', what: 'shop_database', service: 'database' }, { weight: 'loss', kind: 'bind', what: '/home/ada/projects/shop/nginx.conf', service: first ?? 'web' },
        { weight: 'change', kind: 'option', what: '--privileged', service: first ?? 'web' },
      ],
      machines: 5,
      own: { on: false, loopback: true, addresses: ['192.168.1.23:5055', '[fd12:3456::23]:5055', 'workshop:5055'], password: false },
    }
  },
  'cluster.move': async ({ stack, containers }: MoveRequest, callId: string) => {
    for (const [step, total] of [['images', 2], ['networks', 2], ['services', 3], ['waiting', 8]] as [MoveStep, number][])
      for (let current = 0; current < total; current++) {
        tell({ type: 'progress', callId, step: { kind: 'move', step, current, total, ...(step === 'images' && { subject: 'acme/admin:dev' }) } })
        await wait(250)
        if (!cancelled.has(callId) && !(stack === 'broken' && step === 'waiting')) continue
        tell({ type: 'progress', callId, step: { kind: 'move', step: 'undoing', current: 0, total: 1 } })
        await wait(900)
        throw cancelled.has(callId) ? new EngineError('cancelled', 'Cancelled.') : new EngineError('failed-precondition', 'broken_web does not stay up on the cluster. broken_web: task: non-zero exit (1)', { reason: 'not-healthy', hint: 'What runs here goes on as before. What was deployed there is removed again.' })
      }
    const services = world.containers.filter(({ id }) => containers.includes(id)).map(({ compose, name }) => `${stack}_${compose?.service ?? name}`)
    deployed(services, stack)
    return { stack, services }
  },
})
