import { reactive, shallowRef, watch } from 'vue'
import type { ApplyPlan, KubernetesContexts, NamespacesAnswer } from '#shared/contract/kubernetes-apply.ts'
import { isEngineError } from '#shared/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { useSettled } from '../../composables/use-settled.ts'

/** Clusters that a kubeconfig knows, what is chosen of them, and what the chosen one says to a text. */
export function useApplyPlan(wanted: () => boolean, text: () => string) {
  const engine = useEngine()
  const contexts = shallowRef<KubernetesContexts>()
  const namespaces = shallowRef<NamespacesAnswer>()
  const plan = shallowRef<ApplyPlan>()
  const error = shallowRef<unknown>()
  const form = reactive({ context: '', namespace: '', force: false })
  let turn = 0

  async function readContexts() {
    contexts.value = await engine.kubernetes.contexts().catch((reason: unknown) => ((error.value = reason), undefined))
    const known = contexts.value?.contexts ?? []
    if (!known.some(({ name }) => name === form.context)) form.context = (known.find(({ name }) => name === contexts.value?.current) ?? known[0])?.name ?? ''
  }
  async function readNamespaces() {
    namespaces.value = undefined
    const { context } = form
    form.namespace = contexts.value?.contexts.find(({ name }) => name === context)?.namespace ?? 'default'
    if (context === '') return
    try {
      const answer = await engine.kubernetes.namespaces({ context })
      if (context === form.context) namespaces.value = answer
    } catch {
      // The plan is refused for the same reason, and says it.
    }
  }
  async function look() {
    const mine = ++turn
    ;[plan.value, error.value] = [undefined, undefined]
    if (!wanted() || form.context === '' || form.namespace.trim() === '' || text().trim() === '') return
    try {
      const answer = await engine.kubernetes.planApply({ context: form.context, namespace: form.namespace.trim(), text: text(), force: form.force })
      if (mine === turn) plan.value = answer
    } catch (reason) {
      if (mine === turn && !isEngineError(reason, 'cancelled')) error.value = reason
    }
  }
  watch(() => form.context, () => void (wanted() && readNamespaces()))
  watch(wanted, (now) => void (now && readNamespaces()))
  // Nobody is asked about half a name.
  const namespace = useSettled(() => form.namespace, 600)
  watch([wanted, () => form.context, namespace, () => form.force, text], () => void look(), { flush: 'post' })
  return { contexts, namespaces, plan, error, form, readContexts, look }
}
