import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Layout } from '../../../layout.ts'
import type { Host } from '../../host/host.ts'
import type { OciProcess, OciResources, OciSpec } from '../runtime.ts'
import { checkResourceLimits } from './check-limits.ts'
import type { ContainerSpec, ContainerSpecInput } from './container-spec.ts'
import { createContainerSpec } from './create-container-spec.ts'
import { createExecProcess, type ExecProcessInput } from './create-exec-process.ts'
import type { ResourceLimits } from './resource-limits.ts'
import { resourcesOf } from './resources.ts'

/** The functions of this folder, bound to a machine: what the containers service needs of them. */
export interface SpecMaker {
  container(input: ContainerSpecInput): Promise<ContainerSpec>
  /** What is left open is as the running container has it. */
  exec(input: Omit<ExecProcessInput, 'container'> & { containerId: string }): Promise<OciProcess>
  /** @throws invalid-argument for what Docker refuses; returns its warnings. */
  checkLimits(limits: ResourceLimits): string[]
  /** All limits a container is to have, in the form of `Task.update`. */
  resources(limits: ResourceLimits): OciResources
}

export function createSpecMaker(host: Pick<Host, 'facts' | 'syscalls'>, layout: Pick<Layout, 'container'>): SpecMaker {
  return {
    container: (input) => createContainerSpec(input, host),
    async exec({ containerId, ...input }) {
      const { process } = JSON.parse(await readFile(join(layout.container(containerId).bundle, 'config.json'), 'utf8')) as OciSpec
      return await createExecProcess({ ...input, container: process }, host)
    },
    checkLimits: (limits) => checkResourceLimits(limits, host).warnings,
    resources: (limits) => resourcesOf(checkResourceLimits(limits, host).limits),
  }
}
