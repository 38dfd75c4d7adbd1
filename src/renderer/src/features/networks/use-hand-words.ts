import { useI18n } from 'vue-i18n'
import { useEngineState } from '../../stores/engine-state.ts'
import type { WireInHand } from './canvas.ts'

export interface HandWords {
  tone: 'fits' | 'refused' | 'loose'
  text: string
  /** More of it: who can be reached then. */
  more?: string
}

/** What letting go would do, in a sentence. */
export function useHandWords() {
  const { t } = useI18n()
  const store = useEngineState()
  return ({ container, from, over, verdict }: WireInHand): HandWords => {
    const network = over === undefined ? undefined : store.networks.find(over)
    if (!network || !verdict) return from ? { tone: 'loose', text: t('networks.hand.leave', { container: container.name, network: from.name }) } : { tone: 'loose', text: t('networks.hand.seek') }
    if (from && network.id === from.id) return { tone: 'loose', text: t('networks.hand.keep', { container: container.name, network: network.name }) }
    if (!verdict.fits) return { tone: 'refused', text: t(`networks.hand.refused.${verdict.why}`, { container: container.name, network: network.name }) }
    const names = verdict.reaches.slice(0, 4).map(({ name }) => name).join(', ')
    const rest = verdict.reaches.length - 4
    const more = verdict.reaches.length === 0 ? t('networks.hand.nobody') : t('networks.hand.reaches', { container: container.name, names: rest > 0 ? `${names} +${rest}` : names })
    return { tone: 'fits', text: t(from ? 'networks.hand.move' : 'networks.hand.join', { container: container.name, network: network.name, from: from?.name ?? '' }), more }
  }
}
