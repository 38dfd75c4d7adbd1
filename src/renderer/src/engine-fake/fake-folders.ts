import type { HostEntry, HostFolder } from '#shared/contract/app.ts'
import { EngineError } from '#shared/errors.ts'

const HOME = '/home/ada'
const TREE: Record<string, string[]> = {
  '/': ['etc/', 'home/', 'srv/', 'var/'],
  '/home': ['ada/'],
  [HOME]: ['.config/', 'Documents/', 'Downloads/', 'projects/', 'notes.txt'],
  '/home/ada/projects': ['dashboards/', 'shop/', 'storefront/', 'compose.yaml', 'README.md'],
  '/home/ada/projects/shop': ['assets/', 'src/', '.env', 'Dockerfile', 'package.json'],
  '/srv': ['www/'],
  '/var': ['log/'],
}

export function fakeFolder({ path = '~' }: { path?: string }): HostFolder {
  const absolute = path.replace(/^~/, HOME).replace(/(.)\/+$/, '$1')
  const names = TREE[absolute] ?? (Object.entries(TREE).some(([folder, entries]) => entries.some((name) => `${folder === '/' ? '' : folder}/${name}` === `${absolute}/`)) ? [] : undefined)
  if (!names) throw new EngineError('not-found', `There is no ${absolute} on this machine.`, { field: 'path' })
  const entries = names.map((name): HostEntry => (name.endsWith('/') ? { name: name.slice(0, -1), kind: 'folder' } : { name, kind: 'file' }))
  return { path: absolute, ...(absolute !== '/' && { parent: absolute.replace(/\/[^/]+$/, '') || '/' }), entries, shortened: false }
}
