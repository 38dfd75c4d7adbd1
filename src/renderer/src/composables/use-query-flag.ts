import { computed, type WritableComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'

/** Whether the address has `?name`, as that of an open dialog; false takes it out, and leaves the rest. A link opens it. */
export function useQueryFlag(name: string): WritableComputedRef<boolean> {
  const [route, router] = [useRoute(), useRouter()]
  return computed({
    get: () => route.query[name] !== undefined,
    set: (value) => void (value || router.replace({ query: Object.fromEntries(Object.entries(route.query).filter(([key]) => key !== name)) })),
  })
}
