import { onScopeDispose, shallowRef, watch, type ShallowRef } from 'vue'

export interface Inspected<Value> {
  value: Readonly<ShallowRef<Value | undefined>>
  error: Readonly<ShallowRef<unknown>>
}

/** The detail of an item, asked for when it is looked at and again when `changed` says the item did; what is on screen stays until then. An empty key asks nothing. */
export function useInspected<Value>(key: () => string, changed: () => unknown, load: (key: string) => Promise<Value>): Inspected<Value> {
  const value = shallowRef<Value>()
  const error = shallowRef<unknown>()
  let turn = 0
  onScopeDispose(() => turn++)

  async function refresh() {
    const wanted = key()
    if (wanted === '') return
    const mine = ++turn
    try {
      const answer = await load(wanted)
      if (mine === turn) [value.value, error.value] = [answer, undefined]
    } catch (reason) {
      if (mine === turn) error.value = reason
    }
  }
  watch(key, (now, before) => now !== '' && before !== '' && (value.value = undefined))
  watch([key, changed], () => void refresh(), { immediate: true })
  return { value, error }
}
