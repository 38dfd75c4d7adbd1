import { computed, ref, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import type { ContainerSummary } from '#shared/contract/containers.ts'
import { compareText } from '../../composables/formats.ts'
import { matchesFilter, parseFilter, settle } from '../../ui/filter-query.ts'
import { useContainerWords } from './container-words.ts'

const KEYS = ['state', 'label', 'network', 'project', 'image'] as const
type Key = (typeof KEYS)[number]

/** What a container answers to each key. Its state by the engine's word, so that an address means the same in every language. */
function valuesOf({ state, labels, networks, compose, image }: ContainerSummary, key: Key): string[] {
  if (key === 'state') return [state.status, ...(state.status === 'running' && state.health ? [state.health] : [])]
  if (key === 'label') return Object.entries(labels).flatMap(([name, value]) => [name, `${name}=${value}`])
  if (key === 'network') return networks.map(({ network }) => network)
  if (key === 'project') return compose ? [compose.project] : []
  return [image]
}

/** The filter of the list of containers: what is typed, also in the address (`?q=`), and what it leaves. */
export function useContainerFilter(all: () => readonly ContainerSummary[]) {
  const { t, locale } = useI18n()
  const route = useRoute()
  const router = useRouter()
  const words = useContainerWords()
  const filter = ref(typeof route.query.q === 'string' ? route.query.q : '')

  watch([() => route.path, () => route.query.q] as const, ([path, now], [before, old]) => {
    if (typeof now === 'string') filter.value = now
    // The list's own address asks for all of it; a container that is opened, or a dialog, leaves the list as it is.
    else if (typeof old === 'string' && path === before && Object.keys(route.query).length === 0) filter.value = ''
  })
  watch(filter, (now) => {
    if ((route.query.q ?? '') === now) return
    const { q: _, ...query } = route.query
    void router.replace({ query: now === '' ? query : { ...query, q: now } })
  })
  const query = computed(() => settle(parseFilter(filter.value, KEYS), (key) => all().flatMap((each) => valuesOf(each, key))))
  const textOf = (each: ContainerSummary) => [each.name, each.image, each.id, words(each).word, each.compose?.project ?? '', ...each.ports.map(({ hostPort }) => String(hostPort ?? ''))]
  const rows = computed(() => (filter.value.trim() === '' ? all() : all().filter((each) => matchesFilter(query.value, (key) => valuesOf(each, key), () => textOf(each)))))

  const offered = (key: Key) => {
    const values = all().flatMap((each) => (key === 'label' ? Object.entries(each.labels).map(([name, value]) => (value.length > 60 ? name : `${name}=${value}`)) : valuesOf(each, key)))
    return [...new Set(values)].sort((a, b) => compareText(a, b, locale.value))
  }
  const keys = computed(() => KEYS.map((key) => ({ key, word: t(`containerPages.filter.${key}`), values: () => offered(key) })))
  /** The commonest filter as a switch; it stands in the words of the filter as if typed. */
  const runs = /(^|\s)state:running(?=\s|$)/
  const onlyRunning = computed({ get: () => runs.test(filter.value), set: (on) => (filter.value = on ? `${filter.value} state:running`.trim() : filter.value.replace(runs, '').trim()) })
  return { filter, rows, keys, onlyRunning }
}
