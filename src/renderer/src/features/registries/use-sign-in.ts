import { computed, shallowRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** What waits for somebody to be signed in. One at a time: the dialog is one. */
const waiting = shallowRef<() => void>()

/** Signing in to a registry: open wherever the address has `?signIn`, with the registry that it names. */
export function useSignIn() {
  const route = useRoute()
  const router = useRouter()
  const registry = computed(() => (route.query.signIn === undefined ? undefined : (route.query.signIn ?? '').toString()))

  /** `then` goes on with what was refused. */
  function ask(name: string, then?: () => void) {
    waiting.value = then
    void router.push({ query: { ...route.query, signIn: name } })
  }
  async function settle(signedIn: boolean) {
    const { signIn: _, ...query } = route.query
    const next = waiting.value
    waiting.value = undefined
    await router.replace({ query })
    if (signedIn) next?.()
  }
  return { registry, ask, settle }
}
