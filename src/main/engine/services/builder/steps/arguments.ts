import { expandWord, type InstructionOf } from '../../../core/dockerfile/dockerfile.ts'
import type { Step } from '../build-run.ts'
import { noCommand, variablesOf, type StageState } from '../stage-state.ts'
import { finishStep } from '../step-result.ts'

/** Usable without an ARG, and only with one part of the cache key and the history: https://docs.docker.com/reference/dockerfile/#predefined-args */
export const PROXY_ARGUMENTS: ReadonlySet<string> = new Set(['HTTP_PROXY', 'HTTPS_PROXY', 'FTP_PROXY', 'NO_PROXY', 'ALL_PROXY'].flatMap((name) => [name, name.toLowerCase()]))

/** ARG: the value given with --build-arg, else the default, else the one from before the first FROM. */
export async function argStep(step: Step, instruction: InstructionOf<'ARG'>): Promise<StageState> {
  const { request, plan, platformArgs, consumed, file } = step.run
  const args = new Map(step.state.args)
  for (const { name, value } of instruction.args) {
    consumed.add(name)
    const current = (wanted: string) => variablesOf({ ...step.state, args })(wanted)
    const otherwise = value === undefined ? (plan.globals[name] ?? platformArgs[name]) : expandWord(value, current, file.escape)
    args.set(name, request.buildArgs[name] ?? otherwise)
  }
  const declaredProxies = new Set([...(step.state.declaredProxies ?? []), ...instruction.args.map(({ name }) => name).filter((name) => PROXY_ARGUMENTS.has(name))])
  const text = instruction.args.map(({ name, value }) => (value === undefined ? name : `${name}=${value}`)).join(' ')
  return finishStep(step, { createdBy: `${noCommand(step.state)} ARG ${text}`, next: { ...step.state, args, declaredProxies }, make: async () => undefined })
}

/** --build-arg for a proxy is in scope everywhere. */
export const proxyArguments = (buildArgs: Readonly<Record<string, string | null>>): Map<string, string | undefined> =>
  new Map(Object.entries(buildArgs).flatMap(([name, value]): [string, string | undefined][] => (PROXY_ARGUMENTS.has(name) ? [[name, value ?? process.env[name]]] : [])))
