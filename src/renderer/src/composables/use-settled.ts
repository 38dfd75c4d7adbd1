import { onScopeDispose, ref, watch, type Ref } from 'vue'

/** What a value became once it stayed the same for a while: the first at once, later ones when the changes have come to rest. */
export function useSettled<Value extends string | number>(source: () => Value, rest = 1500): Ref<Value> {
  const settled = ref(source()) as Ref<Value>
  let timer: ReturnType<typeof setTimeout> | undefined
  watch(source, (value) => {
    clearTimeout(timer)
    timer = setTimeout(() => (settled.value = value), rest)
  })
  onScopeDispose(() => clearTimeout(timer))
  return settled
}
