import { onBeforeUnmount, shallowRef, type ShallowRef } from 'vue'

/** So far the pointer moves before a press becomes a pull. */
const SLACK = 5

export interface Pull<Held, Hand> {
  /** What is in the hand, as `follow` made it; undefined between pulls. */
  hand: ShallowRef<Hand | undefined>
  grab: (press: PointerEvent, held: Held) => void
  /** Whether the last press became a pull: the click that ends it is none. */
  pulled: () => boolean
}

/** Something follows the pointer from the press to the release; Escape puts it back. */
export function usePull<Held, Hand>({ follow, drop }: { follow: (held: Held, screen: { x: number; y: number }) => Hand; drop: (hand: Hand) => void }): Pull<Held, Hand> {
  const hand = shallowRef<Hand>()
  let release = () => {}
  let wasPulled = false

  function grab(press: PointerEvent, held: Held) {
    if (press.button !== 0) return
    press.stopPropagation()
    release()
    wasPulled = false
    const listening = new AbortController()
    const mine = (event: PointerEvent) => event.pointerId === press.pointerId
    release = () => {
      hand.value = undefined
      listening.abort()
    }
    const move = (event: PointerEvent) => {
      if (!mine(event) || (!hand.value && Math.hypot(event.clientX - press.clientX, event.clientY - press.clientY) < SLACK)) return
      wasPulled = true
      hand.value = follow(held, { x: event.clientX, y: event.clientY })
    }
    const up = (event: PointerEvent) => {
      if (!mine(event)) return
      const held = hand.value
      if (held) drop(held)
      release()
    }
    const key = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || !hand.value) return
      event.preventDefault()
      event.stopPropagation()
      release()
    }
    window.addEventListener('pointermove', move, listening)
    window.addEventListener('pointerup', up, listening)
    window.addEventListener('pointercancel', release, listening)
    window.addEventListener('keydown', key, { capture: true, signal: listening.signal })
  }
  onBeforeUnmount(() => release())
  return { hand, grab, pulled: () => wasPulled }
}
