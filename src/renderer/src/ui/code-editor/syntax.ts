import { json } from '@codemirror/lang-json'
import { yaml } from '@codemirror/lang-yaml'
import { StreamLanguage } from '@codemirror/language'
import { css } from '@codemirror/legacy-modes/mode/css'
import { dockerFile } from '@codemirror/legacy-modes/mode/dockerfile'
import { javascript } from '@codemirror/legacy-modes/mode/javascript'
import { nginx } from '@codemirror/legacy-modes/mode/nginx'
import { properties } from '@codemirror/legacy-modes/mode/properties'
import { python } from '@codemirror/legacy-modes/mode/python'
import { shell } from '@codemirror/legacy-modes/mode/shell'
import { toml } from '@codemirror/legacy-modes/mode/toml'
import { xml } from '@codemirror/legacy-modes/mode/xml'
import type { Extension } from '@codemirror/state'

export type CodeSyntax = 'css' | 'dockerfile' | 'javascript' | 'json' | 'nginx' | 'properties' | 'python' | 'shell' | 'toml' | 'xml' | 'yaml' | 'text'

/** Highlighting, folding and indentation. */
export const syntaxes: Record<CodeSyntax, () => Extension> = {
  css: () => StreamLanguage.define(css),
  dockerfile: () => StreamLanguage.define(dockerFile),
  javascript: () => StreamLanguage.define(javascript),
  json: () => json(),
  nginx: () => StreamLanguage.define(nginx),
  properties: () => StreamLanguage.define(properties),
  python: () => StreamLanguage.define(python),
  shell: () => StreamLanguage.define(shell),
  toml: () => StreamLanguage.define(toml),
  xml: () => StreamLanguage.define(xml),
  yaml: () => yaml(),
  text: () => [],
}
