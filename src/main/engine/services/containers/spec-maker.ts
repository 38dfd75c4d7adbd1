import type { OciProcess, OciResources } from '../../core/runtime/runtime.ts'
import type { ContainerSpec, ContainerSpecInput } from '../../core/runtime/spec/container-spec.ts'
import type { ResourceLimits } from '../../core/runtime/spec/resource-limits.ts'

/** The part of core/runtime that turns Docker's words into the OCI runtime's; a fake in tests. */
export interface SpecMaker {
  container(input: ContainerSpecInput): Promise<ContainerSpec>
  /** The process of an exec in a running container; what is left open is as the container has it. */
  exec(input: ExecInput): Promise<OciProcess>
  /** @throws invalid-argument for what Docker refuses; returns its warnings. */
  checkLimits(limits: ResourceLimits): string[]
  resources(limits: ResourceLimits): OciResources
}

export interface ExecInput {
  containerId: string
  rootfs: string
  args: string[]
  env: string[]
  cwd: string | undefined
  user: string
  groups: readonly string[]
  tty: boolean
  privileged: boolean
  consoleSize?: { rows: number; columns: number }
}
