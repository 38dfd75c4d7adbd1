import { onMounted } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import { useEngine } from '../../composables/use-engine.ts'
import { useToasts } from '../../stores/toasts.ts'

/** An apply that the end of the app cut off is told when a window opens: it is undone, or kept, where it was begun. */
export function useCutApplies(): void {
  const { t } = useI18n()
  const route = useRoute()
  const router = useRouter()
  const engine = useEngine()
  const toasts = useToasts()
  onMounted(async () => {
    const cut = (await engine.kubernetes.applies().catch(() => [])).filter((each) => each.cut)
    for (const { subject, context } of cut) toasts.show({ tone: 'error', title: t('kubernetes.apply.cut', { context }), text: subject.replace(/^\w+:/, ''), action: { label: t('kubernetes.apply.show'), run: () => void router.push({ query: { ...route.query, kubernetes: subject, apply: null } }) } })
  })
}
