import type { PathChoice } from '#shared/contract/app.ts'
import { usePathQuestions } from '../stores/path-questions.ts'
import { useToasts } from '../stores/toasts.ts'
import { useEngine } from './use-engine.ts'

/** Asks for a path of the machine: by the desktop's dialog, or by the page's own in a browser. Undefined when the user thought better of it. */
export function usePathPicker(): (choice: PathChoice) => Promise<string | undefined> {
  const engine = useEngine()
  const questions = usePathQuestions()
  const toasts = useToasts()
  return async (choice) => {
    try {
      const { abilities } = await engine.app.facts()
      return await (abilities.choosePath ? engine.app.choosePath(choice) : questions.ask(choice))
    } catch (error) {
      toasts.refused(undefined, error)
      return undefined
    }
  }
}
