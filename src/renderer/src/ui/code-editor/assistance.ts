import { autocompletion, snippet, type Completion, type CompletionContext, type CompletionResult } from '@codemirror/autocomplete'
import { linter, lintGutter, type Diagnostic } from '@codemirror/lint'
import { hoverTooltip, type EditorView } from '@codemirror/view'
import type { Extension, Text } from '@codemirror/state'
import type { CodeCompletion, CodeLanguage, CodeProblem } from './code-problem.ts'

/** Problems, completion and explanations of a language. Everything shown is text. */
export function assistance(language: CodeLanguage, extraProblems: () => readonly CodeProblem[]): Extension {
  return [
    linter((view) => [...(language.problems?.(view.state.doc.toString()) ?? []), ...extraProblems()].map((problem) => toDiagnostic(view.state.doc, problem)), { delay: 250 }),
    lintGutter(),
    autocompletion({ override: [(context) => completionsAt(language, context)], icons: false, activateOnTyping: true }),
    hoverTooltip((view, position) => {
      const found = language.explain?.(view.state.doc.toString(), position)
      return found ? { pos: found.from, end: found.to, above: true, create: () => ({ dom: textBox('cm-explanation', found.text) }) } : null
    }),
  ]
}

function textBox(className: string, text: string): HTMLElement {
  const box = document.createElement('div')
  box.className = className
  box.textContent = text
  return box
}

function completionsAt(language: CodeLanguage, context: CompletionContext): CompletionResult | null {
  const word = context.matchBefore(/[\w$-]+/)
  if (!context.explicit && !word) return null
  const found = language.complete?.(context.state.doc.toString(), context.pos)
  return found && found.options.length > 0 ? { from: found.from, options: found.options.map(toCompletion), validFor: /^[\w$-]*$/ } : null
}

function toCompletion({ label, detail, explanation, insert, kind }: CodeCompletion): Completion {
  return {
    label,
    ...(detail !== undefined && { detail }),
    ...(kind !== undefined && { type: kind }),
    ...(explanation !== undefined && { info: () => textBox('cm-completionText', explanation) }),
    ...(insert !== undefined && { apply: (view: EditorView, completion: Completion, from: number, to: number) => snippet(insert)(view, completion, from, to) }),
  }
}

/** A place that the text no longer has becomes the nearest that it has. */
function toDiagnostic(text: Text, problem: CodeProblem): Diagnostic {
  const from = offsetOf(text, problem.line, problem.column ?? 1)
  const to = problem.endColumn === undefined ? text.lineAt(from).to : offsetOf(text, problem.endLine ?? problem.line, problem.endColumn)
  return { from, to: Math.max(from, to), severity: problem.severity === 'hint' ? 'hint' : problem.severity, message: problem.message }
}

export function offsetOf(text: Text, line: number, column: number): number {
  const place = text.line(Math.min(Math.max(1, line), text.lines))
  return Math.min(place.to, place.from + Math.max(0, column - 1))
}
