import { app } from 'electron'
import type { Settings } from '#shared/contract/settings.ts'
import type { MainLanguage } from '../notices/notice-words.ts'

/** The language of what the desktop shows for us: the chosen one, else the system's. */
export const mainLanguage = ({ language }: Settings): MainLanguage => (language === 'fr' || (language === 'system' && app.getLocale().startsWith('fr')) ? 'fr' : 'en')
