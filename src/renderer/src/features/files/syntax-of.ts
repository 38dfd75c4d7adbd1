import type { CodeSyntax } from '../../ui/code-editor/syntax.ts'

const byEnding: Record<string, CodeSyntax> = {
  json: 'json', yaml: 'yaml', yml: 'yaml', sh: 'shell', bash: 'shell', profile: 'shell', py: 'python', js: 'javascript', mjs: 'javascript', ts: 'javascript', css: 'css',
  html: 'xml', xml: 'xml', svg: 'xml', toml: 'toml', ini: 'properties', cfg: 'properties', conf: 'properties', cnf: 'properties', env: 'properties', properties: 'properties', dockerfile: 'dockerfile',
}

/** How a file is highlighted, by its name. */
export function syntaxOf(name: string): CodeSyntax {
  const lower = name.toLowerCase()
  if (lower.startsWith('dockerfile')) return 'dockerfile'
  if (lower.startsWith('nginx') && lower.endsWith('.conf')) return 'nginx'
  return byEnding[lower.slice(lower.lastIndexOf('.') + 1)] ?? 'text'
}
