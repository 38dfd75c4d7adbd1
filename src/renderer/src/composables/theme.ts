import type { Settings } from '#shared/contract/settings.ts'

export interface Theme {
  theme: 'light' | 'dark'
  /** `forced`: the system gives all colours (Windows' contrast themes); none of ours is used. */
  contrast: 'normal' | 'more' | 'forced'
}

/** What to show for a setting, given what the system wishes. */
export function resolveTheme(appearance: Settings['appearance'], system: { dark: boolean; moreContrast: boolean; forced: boolean }): Theme {
  if (system.forced) return { theme: system.dark ? 'dark' : 'light', contrast: 'forced' }
  return {
    theme: appearance === 'light' || appearance === 'dark' ? appearance : system.dark ? 'dark' : 'light',
    contrast: appearance === 'contrast' || system.moreContrast ? 'more' : 'normal',
  }
}

const listeners = new Set<() => void>()

/** Called after the colours of the page changed: what draws by itself (the terminal) reads them again. */
export function onThemeChange(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function show({ theme, contrast }: Theme): void {
  const root = document.documentElement
  if (root.dataset.theme === theme && root.dataset.contrast === contrast) return
  root.dataset.theme = theme
  root.dataset.contrast = contrast
  listeners.forEach((listener) => listener())
}

/** Keeps the page's colours as the setting and the system say. @returns takes a new setting. */
export function followTheme(): (appearance: Settings['appearance']) => void {
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const more = matchMedia('(prefers-contrast: more)')
  const forced = matchMedia('(forced-colors: active)')
  let appearance: Settings['appearance'] = 'system'
  const update = () => show(resolveTheme(appearance, { dark: dark.matches, moreContrast: more.matches, forced: forced.matches }))
  for (const wish of [dark, more, forced]) wish.addEventListener('change', update)
  update()
  return (next) => {
    appearance = next
    update()
  }
}
