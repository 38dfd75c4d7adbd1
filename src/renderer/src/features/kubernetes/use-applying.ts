import { computed, ref, watch, type ComputedRef, type Ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import type { ImagePlace } from '#shared/contract/cluster-move.ts'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { errorLine } from '../../composables/use-error-words.ts'
import { useToasts } from '../../stores/toasts.ts'
import { useContainerActions } from '../containers/use-container-actions.ts'
import { useApplies } from './applies.ts'
import { useApplyPlan } from './use-apply-plan.ts'
import { useFormerApplies } from './use-former-applies.ts'

/** The second step of the sheet, `&apply` in its address: where to, what it would change, how it fares, and taking it back. */
export function useApplying(subject: ComputedRef<string | undefined>, text: Ref<string>, members: ComputedRef<readonly ContainerSummary[]>) {
  const { t } = useI18n()
  const route = useRoute()
  const router = useRouter()
  const engine = useEngine()
  const toasts = useToasts()
  const store = useApplies()
  const actions = useContainerActions()
  const chosen = computed(() => subject.value !== undefined && route.query.apply !== undefined)
  const apply = computed(() => (subject.value === undefined ? undefined : store.applies.get(subject.value)))
  const running = computed(() => apply.value !== undefined && apply.value.answer === undefined && apply.value.error === undefined)
  const planning = useApplyPlan(() => chosen.value && !apply.value?.answer && !running.value, () => text.value)
  const images = ref<ImagePlace>({ kind: 'registry', prefix: '' })
  const tried = ref(false)
  const formerly = useFormerApplies(subject)
  const { readFormer, undone } = formerly
  const placeError = computed(() => (tried.value && (planning.plan.value?.images.length ?? 0) > 0 && ((images.value.kind === 'registry' && images.value.prefix.trim() === '') || (images.value.kind === 'own' && images.value.address.trim() === '')) ? t('move.images.needed') : undefined))
  const refused = computed(() => planning.plan.value?.objects.some(({ change }) => change === 'refused') ?? false)

  watch(subject, (now) => {
    if (now === undefined) return
    tried.value = false
    void planning.readContexts()
  }, { immediate: true })
  watch(chosen, (now) => void (now && readFormer()), { immediate: true })
  watch(planning.plan, (now) => {
    const own = now?.own
    if (own?.on && !own.loopback && images.value.kind === 'registry' && images.value.prefix === '') images.value = { kind: 'own', address: own.addresses[0] ?? '' }
  })

  const step = (into: boolean) => {
    const { apply: _, ...rest } = route.query
    void router.push({ query: into ? { ...rest, apply: null } : rest })
  }
  async function send() {
    tried.value = true
    const { plan, form } = planning
    if (subject.value === undefined || !plan.value || placeError.value) return
    undone.value = undefined
    const about = subject.value
    const answer = await store.begin(engine, { id: crypto.randomUUID(), subject: about, context: form.context, namespace: form.namespace.trim(), text: text.value, force: form.force, ...(plan.value.images.length > 0 && { images: images.value }) })
    await readFormer()
    if (subject.value === about && chosen.value) return
    const back = { label: t('kubernetes.apply.show'), run: () => void router.push({ query: { ...route.query, kubernetes: about, apply: null } }) }
    if (answer) toasts.show({ tone: answer.ready ? 'plain' : 'error', title: t(answer.ready ? 'kubernetes.apply.ready' : 'kubernetes.apply.notReady', { context: form.context }), action: back })
    else toasts.show({ tone: 'error', title: t('kubernetes.apply.failed'), text: errorLine(store.applies.get(about)?.error), action: back })
  }
  async function undo(id: string) {
    if ((await formerly.undo(id)) && subject.value !== undefined && apply.value?.request.id === id) store.forget(subject.value)
  }
  const again = () => {
    if (subject.value !== undefined) store.forget(subject.value)
  }
  async function stopLocal() {
    await actions.stop(members.value)
    again()
    step(false)
  }
  return { ...planning, ...formerly, chosen, apply, running, images, placeError, refused, step, send, undo, again, stopLocal }
}
export type Applying = ReturnType<typeof useApplying>
