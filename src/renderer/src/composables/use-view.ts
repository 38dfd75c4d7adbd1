import { customRef, type Ref } from 'vue'
import { useEngineState } from '../stores/engine-state.ts'
import { useEngine } from './use-engine.ts'

const none: readonly string[] = []
const noEntries: Readonly<Record<string, unknown>> = {}
const SETTLE = 400
const pending: Record<string, unknown> = {}
let timer: ReturnType<typeof setTimeout> | undefined

/** How the user arranged pages (widths, orders, switches), kept with the settings. Written once the hand is still. */
export function useView() {
  const state = useEngineState()
  const engine = useEngine()

  function keep(key: string, value: unknown) {
    pending[key] = value
    clearTimeout(timer)
    timer = setTimeout(() => void engine.settings.set({ view: { ...state.settings.view, ...pending } }).catch(() => undefined), SETTLE)
  }

  function entry<Value>(key: string, fallback: Value, accepts: (value: unknown) => value is Value): Ref<Value> {
    return customRef((track, trigger) => ({
      get() {
        track()
        const kept = key in pending ? pending[key] : state.settings.view[key]
        return accepts(kept) ? kept : fallback
      },
      set(value) {
        keep(key, value)
        trigger()
      },
    }))
  }

  return {
    number: (key: string, fallback: number) => entry(key, fallback, (value): value is number => typeof value === 'number' && Number.isFinite(value)),
    texts: (key: string) => entry(key, none, (value): value is readonly string[] => Array.isArray(value) && value.every((each) => typeof each === 'string')),
    text: (key: string, fallback: string) => entry(key, fallback, (value): value is string => typeof value === 'string'),
    table: (key: string) => entry(key, noEntries, (value): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null && !Array.isArray(value)),
    flag: (key: string, fallback: boolean) => entry(key, fallback, (value): value is boolean => typeof value === 'boolean'),
  }
}
