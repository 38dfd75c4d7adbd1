import type { Containers } from '../../services/containers/containers.ts'

export type ExecApiNeeds = Pick<Containers, 'createExec' | 'getExec' | 'beginExec' | 'resizeExec'>
