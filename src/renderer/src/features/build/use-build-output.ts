import { onScopeDispose, shallowRef, triggerRef, watch } from 'vue'
import type { BuildStep } from '#shared/contract/builds.ts'
import { useEngine } from '../../composables/use-engine.ts'

export interface StepOutput {
  step: BuildStep
  lines: string[]
}

/** Lines of one step that are kept in the page; the newest count. */
const MOST = 5000

/** A build's steps with what each said, from the first on, live while it runs. An empty id asks nothing. */
export function useBuildOutput(id: () => string) {
  const engine = useEngine()
  const steps = shallowRef<StepOutput[]>([])
  const error = shallowRef<unknown>()
  const loaded = shallowRef(false)
  let close = () => {}
  onScopeDispose(() => close())

  watch(id, (wanted) => {
    close()
    steps.value = []
    error.value = undefined
    loaded.value = false
    if (wanted === '') return
    const byNumber = new Map<number, StepOutput>()
    const stream = engine.openStream('builds.output', { id: wanted }, {
      onMessage(message) {
        if (message.kind === 'end') return void (loaded.value = true)
        const known = byNumber.get(message.kind === 'step' ? message.step.number : message.step)
        if (message.kind === 'step') {
          byNumber.set(message.step.number, { step: message.step, lines: known?.lines ?? [] })
          steps.value = [...byNumber.values()].sort((a, b) => a.step.number - b.step.number)
        } else if (known) {
          append(known.lines, message.text)
          triggerRef(steps)
        }
      },
      onEnd: (reason) => (reason && (error.value = reason), (loaded.value = true)),
    })
    close = () => stream.close()
  }, { immediate: true })

  return { steps, error, loaded }
}

/** The last line goes on until its end was told. */
function append(lines: string[], text: string): void {
  const parts = text.split('\n')
  if (lines.length === 0) lines.push('')
  lines[lines.length - 1] += parts[0] ?? ''
  lines.push(...parts.slice(1))
  if (lines.length > MOST) lines.splice(0, lines.length - MOST)
}
