import { createI18n } from 'vue-i18n'
import en from './en/index.ts'
import fr from './fr/index.ts'
import { sentences } from './fr/sentences.ts'
import type { Messages } from './messages.ts'
import { createInterpreter } from './sentences.ts'

export type Language = 'en' | 'fr'

declare module 'vue-i18n' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- the only way to give vue-i18n its schema
  export interface DefineLocaleMessage extends Messages {}
}

/** French counts none as singular: « 0 conteneur ». With three forms the first is for none. */
const frenchPlural = (count: number, forms: number) => (forms === 3 ? (count === 0 ? 0 : count === 1 ? 1 : 2) : count < 2 ? 0 : 1)

export const i18n = createI18n({
  legacy: false,
  locale: 'en' as Language,
  fallbackLocale: 'en',
  messages: { en, fr },
  pluralRules: { fr: frenchPlural },
  missingWarn: false,
  fallbackWarn: false,
})

const interpreters: Record<Language, (text: string) => string> = { en: (text) => text, fr: createInterpreter(sentences) }

/** A sentence from outside the page (see sentences.ts) in the language on screen. */
export const interpret = (text: string): string => interpreters[i18n.global.locale.value](text)

/** The language to show: the chosen one, else the first of the system's that there is. */
export function resolveLanguage(chosen: 'system' | Language, system: readonly string[] = navigator.languages): Language {
  if (chosen !== 'system') return chosen
  const known = system.map((tag) => tag.slice(0, 2)).find((tag) => tag === 'en' || tag === 'fr')
  return known === 'fr' ? 'fr' : 'en'
}

export function setLanguage(language: Language): void {
  i18n.global.locale.value = language
  document.documentElement.lang = language
}
