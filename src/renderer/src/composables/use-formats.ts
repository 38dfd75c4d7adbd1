import { useI18n } from 'vue-i18n'
import { formatAge, formatAgo, formatBytes, formatMoment, formatNumber } from './formats.ts'
import { useMinute } from './use-minute.ts'

/** The formats of the language on screen. `age` and `ago` are live by the shared minute timer. */
export function useFormats() {
  const { locale, t } = useI18n()
  const now = useMinute()
  return {
    bytes: (value: number) => formatBytes(value, locale.value),
    /** Memory is counted in powers of two. */
    memory: (value: number) => (value >= 1024 ** 3 ? t('common.gibibytes', { value: formatNumber(value / 1024 ** 3, locale.value, 1) }) : t('common.mebibytes', { value: formatNumber(value / 1024 ** 2, locale.value, value < 10 * 1024 ** 2 ? 1 : 0) })),
    number: (value: number, digits?: number) => formatNumber(value, locale.value, digits),
    moment: (timestamp: number) => formatMoment(timestamp, locale.value),
    age: (timestamp: number) => formatAge(Math.max(0, now.value - timestamp), locale.value) ?? t('common.justNow'),
    ago: (timestamp: number) => formatAgo(Math.max(0, now.value - timestamp), locale.value),
  }
}
