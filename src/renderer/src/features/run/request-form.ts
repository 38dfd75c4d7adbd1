import type { ContainerSettings } from '#shared/contract/container-settings.ts'
import type { RunRequest } from '#shared/contract/containers.ts'
import { formOf } from './settings-form.ts'
import type { RunForm } from './run-form.ts'

const blank: ContainerSettings = {
  name: '', image: '', command: [], entrypoint: [], environment: [], workingDirectory: '', user: '', hostname: '', tty: false, interactive: false, ports: [], publishAll: false, mounts: [], networks: [], restart: { policy: 'no' }, limits: {}, labels: {},
}
const isMode = (network: string) => network === 'host' || network === 'none' || network.startsWith('container:')

/** A request (of a template, a pasted command line, a deep link) as a form to look over before it is sent. */
export function formOfRequest({ networks = [], join, autoRemove = false, platform: _platform, pull: _pull, ...request }: RunRequest): RunForm {
  const [first] = networks
  const stack = first !== undefined && isMode(first) ? { networkMode: first } : { networks: networks.map((network, index) => (index === 0 && join ? { ...join, network } : { network })) }
  return { ...formOf({ ...blank, ...request, ...stack }), autoRemove }
}
