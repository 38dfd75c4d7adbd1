import { computed, ref, shallowRef, watch, type Ref } from 'vue'
import type { ConnectionId, ConnectionSummary, TrialOutcome } from '#shared/contract/connections.ts'
import { isEngineError } from '#shared/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { draftOf, formOf, problemsOf, type ConnectionForm } from './connection-form.ts'

/** Whether what is described works, asked as often as wanted; what was found out is of what was described then. */
function useTrial(form: Ref<ConnectionForm>, id: () => ConnectionId | undefined) {
  const engine = useEngine()
  const outcome = shallowRef<TrialOutcome>()
  const error = shallowRef<unknown>()
  const tried = ref(false)
  const busy = ref<'trial' | 'save'>()
  let trial: AbortController | undefined

  function clear(): void {
    trial?.abort()
    outcome.value = undefined
    error.value = undefined
  }
  watch(() => {
    const { name: _, colour: __, hostKeys: ___, ...what } = form.value
    return JSON.stringify(what)
  }, clear)

  /** @returns who answered; undefined when nobody did, or a host key waits to be judged. */
  async function tryIt(kind: 'trial' | 'save'): Promise<TrialOutcome | undefined> {
    tried.value = true
    clear()
    if (Object.keys(problemsOf(form.value)).length > 0) return undefined
    const { name: _, colour: __, ...draft } = draftOf(form.value)
    const own = (trial = new AbortController())
    const changed = id()
    busy.value = kind
    try {
      const answer = await engine.connections.test({ ...(changed !== undefined && { id: changed }), ...draft }, { signal: own.signal })
      if (trial === own) outcome.value = answer
      return answer.kind === 'ready' ? answer : undefined
    } catch (reason) {
      if (trial === own && !isEngineError(reason, 'cancelled')) error.value = reason
      return undefined
    } finally {
      if (trial === own) busy.value = undefined
    }
  }
  return { outcome, error, tried, busy, clear, tryIt }
}

/** A connection that is being described: kept only when it works or when the user says so. */
export function useConnectionForm(id: () => ConnectionId | undefined) {
  const engine = useEngine()
  const form = ref<ConnectionForm>(formOf())
  const kept = ref<readonly string[]>([])
  const { outcome, error, tried, busy, clear, tryIt } = useTrial(form, id)
  const problems = computed(() => (tried.value ? problemsOf(form.value) : {}))
  /** Beside which field it is said. */
  const errorField = computed(() => (isEngineError(error.value) ? error.value.field : undefined))

  async function begin(from: ConnectionForm): Promise<void> {
    form.value = from
    kept.value = []
    tried.value = false
    clear()
    const changed = id()
    if (changed === undefined) return
    try {
      const { secrets, ...saved } = await engine.connections.saved({ id: changed })
      form.value = formOf(saved)
      kept.value = secrets
    } catch (reason) {
      error.value = reason
    }
  }
  function accept(host: string, fingerprint: string): void {
    form.value.hostKeys = { ...form.value.hostKeys, [host]: fingerprint }
  }
  async function keep(): Promise<ConnectionSummary | undefined> {
    const draft = draftOf(form.value)
    const changed = id()
    try {
      return await (changed === undefined ? engine.connections.add(draft) : engine.connections.change({ id: changed, ...draft }))
    } catch (reason) {
      error.value = reason
      return undefined
    }
  }
  return { form, kept, outcome, error, errorField, problems, busy, begin, clear, tryIt, accept, keep }
}
