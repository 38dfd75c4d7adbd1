import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { parseAllDocuments } from 'yaml'

const places: Record<string, string> = { ConfigMap: 'v1', Deployment: 'apps/v1', Job: 'batch/v1', PersistentVolumeClaim: 'v1', Secret: 'v1', Service: 'v1', StatefulSet: 'apps/v1' }

/**
 * Kubernetes' schemas let fields pass that they do not know, and its API server drops them; the types that are made of the schemas do not. The compiler reads the
 * objects as literals of them. One run for all, since that is what takes its time.
 */
export function unknownFields(texts: readonly string[]): string[] {
  const objects = texts.flatMap((text) => parseAllDocuments(text).map((document) => document.toJS() as { kind: string }))
  const kinds = [...new Set(objects.map(({ kind }) => kind))]
  const lines = [...kinds.map((kind) => `import type { I${kind} } from 'kubernetes-models/${places[kind]}/${kind}'`), ...objects.map((object) => `;((_: I${object.kind}) => 0)(${JSON.stringify(object)})`)]
  const path = fileURLToPath(new URL('objects.ts', import.meta.url))
  const options: ts.CompilerOptions = { strict: true, noEmit: true, skipLibCheck: true, types: [], module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, target: ts.ScriptTarget.ESNext }
  const host = ts.createCompilerHost(options)
  const { getSourceFile, fileExists } = host
  host.getSourceFile = (name, ...rest) => (name === path ? ts.createSourceFile(name, lines.join('\n'), ts.ScriptTarget.ESNext) : getSourceFile.call(host, name, ...rest))
  host.fileExists = (name) => name === path || fileExists.call(host, name)
  return ts.getPreEmitDiagnostics(ts.createProgram([path], options, host)).map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '))
}
