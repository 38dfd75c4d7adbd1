import './node-buffer.ts'
import { DockerfileLanguageServiceFactory } from 'dockerfile-language-service'
import type { CodeCompletion, CodeLanguage, CodeProblem } from '../../ui/code-editor/code-problem.ts'

/** Dockerfiles as the language service of the Docker extension for editors knows them, in the editor's own words; after FROM, the images of this machine. */
export function dockerfileLanguage(images: () => readonly string[] = () => []): CodeLanguage {
  const service = DockerfileLanguageServiceFactory.createLanguageService()
  service.setCapabilities({ completion: { completionItem: { snippetSupport: true, documentationFormat: ['plaintext'] } }, hover: { contentFormat: ['plaintext'] } })
  return {
    problems: (text) => service.validate(text).map((found): CodeProblem => ({
      line: found.range.start.line + 1,
      column: found.range.start.character + 1,
      endLine: found.range.end.line + 1,
      endColumn: found.range.end.character + 1,
      severity: found.severity === 1 ? 'error' : found.severity === 2 ? 'warning' : 'hint',
      message: messageOf(found.message),
    })),
    complete(text, offset) {
      const base = /(?:^|\n)[ \t]*FROM[ \t]+(?:--platform=\S+[ \t]+)?(\S*)$/i.exec(text.slice(0, offset))?.[1]
      const fitting = base === undefined ? [] : images().filter((name) => name.includes(base))
      if (base !== undefined && fitting.length > 0) return { from: offset - base.length, options: fitting.map((label) => ({ label, kind: 'text' })) }
      const position = positionAt(text, offset)
      const items = service.computeCompletionItems(text, position)
      if (!Array.isArray(items) || items.length === 0) return undefined
      const start = Math.min(...items.map((item) => (item.textEdit && 'range' in item.textEdit ? item.textEdit.range.start.character : position.character)))
      return {
        from: offset - (position.character - start),
        options: items.map((item): CodeCompletion => {
          const resolved = service.resolveCompletionItem(item)
          return { label: item.label, ...(item.textEdit && { insert: asSnippet(item.textEdit.newText) }), ...(plain(resolved.documentation) !== '' && { explanation: plain(resolved.documentation) }), kind: 'keyword' }
        }),
      }
    },
    explain(text, offset) {
      const hover = service.computeHover(text, positionAt(text, offset))
      const shown = plain(hover?.contents)
      if (shown === '') return undefined
      return hover?.range ? { from: offsetAt(text, hover.range.start), to: offsetAt(text, hover.range.end), text: shown } : { ...wordAt(text, offset), text: shown }
    },
  }
}

type Documented = string | { value: string } | readonly (string | { value: string })[] | undefined

/** What remains of documentation without its markup. */
const plain = (documentation: Documented): string => {
  if (documentation === undefined) return ''
  if (typeof documentation === 'string') return documentation.replace(/\*\*|`/g, '').replace(/\[([^\]]+)\]\([^)]+\)/g, '$1').trim()
  return 'value' in documentation ? plain(documentation.value) : documentation.map(plain).filter(Boolean).join('\n\n')
}
const messageOf = (message: string | { value: string }) => (typeof message === 'string' ? message : message.value)

/** `${1:source}` of the protocol is `${source}` of the editor. */
const asSnippet = (text: string) => text.replace(/\$\{\d+:([^}]*)\}/g, (_, name: string) => `\${${name}}`).replace(/\$(\d+)/g, '${}')

function wordAt(text: string, offset: number): { from: number; to: number } {
  const before = /[\w-]*$/.exec(text.slice(0, offset))?.[0].length ?? 0
  const after = /^[\w-]*/.exec(text.slice(offset))?.[0].length ?? 0
  return { from: offset - before, to: offset + after }
}

function positionAt(text: string, offset: number): { line: number; character: number } {
  const before = text.slice(0, offset)
  return { line: before.split('\n').length - 1, character: offset - (before.lastIndexOf('\n') + 1) }
}
function offsetAt(text: string, { line, character }: { line: number; character: number }): number {
  let at = 0
  for (let count = 0; count < line; count++) at = text.indexOf('\n', at) + 1
  return at + character
}
