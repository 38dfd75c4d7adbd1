import { json } from '@codemirror/lang-json'
import { yaml } from '@codemirror/lang-yaml'
import { StreamLanguage } from '@codemirror/language'
import { dockerFile } from '@codemirror/legacy-modes/mode/dockerfile'
import type { Extension } from '@codemirror/state'

export type CodeSyntax = 'dockerfile' | 'json' | 'yaml' | 'text'

/** Highlighting, folding and indentation. */
export const syntaxes: Record<CodeSyntax, () => Extension> = {
  dockerfile: () => StreamLanguage.define(dockerFile),
  json: () => json(),
  yaml: () => yaml(),
  text: () => [],
}
