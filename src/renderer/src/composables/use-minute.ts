import { onScopeDispose, shallowRef, type ShallowRef } from 'vue'

/** The one timer behind every age on screen: ticks once a minute while somebody looks. */
const now = shallowRef(Date.now())
let users = 0
let timer: ReturnType<typeof setInterval> | undefined

export function useMinute(): Readonly<ShallowRef<number>> {
  if (users++ === 0) {
    now.value = Date.now()
    timer = setInterval(() => (now.value = Date.now()), 60_000)
  }
  onScopeDispose(() => {
    if (--users === 0) clearInterval(timer)
  })
  return now
}
