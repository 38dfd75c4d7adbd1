/** Something an editor says about a place in its text. Lines and columns count from 1. */
export interface CodeProblem {
  line: number
  column?: number
  endLine?: number
  endColumn?: number
  severity: 'error' | 'warning' | 'hint'
  message: string
}

/** What can be typed at a place. */
export interface CodeCompletion {
  label: string
  /** Beside the label. */
  detail?: string
  /** Explains the chosen one; text, never markup. */
  explanation?: string
  /** What is put in, `${}` where the cursor goes; the label when left out. */
  insert?: string
  kind?: 'keyword' | 'variable' | 'property' | 'text'
}

/** What an editor asks of who knows the language. `offset` counts UTF-16 units from the start. */
export interface CodeLanguage {
  problems?(text: string): readonly CodeProblem[]
  complete?(text: string, offset: number): { from: number; options: readonly CodeCompletion[] } | undefined
  /** Text for what is under the pointer. */
  explain?(text: string, offset: number): { from: number; to: number; text: string } | undefined
}
