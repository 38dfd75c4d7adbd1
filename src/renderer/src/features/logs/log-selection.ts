import { computed, type ComputedRef } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import type { LogSelection } from '#shared/contract/logs.ts'

/** Which containers' logs are read, as part of the address: `?running`, `?project=shop`, `?container=web`, the latter two as often as needed. */
export function useLogSelection(): { selection: ComputedRef<LogSelection>; change: (next: Partial<LogSelection>) => void } {
  const route = useRoute()
  const router = useRouter()
  const all = (key: string) => [route.query[key] ?? []].flat().filter((value) => typeof value === 'string' && value !== '') as string[]
  const selection = computed<LogSelection>(() => ({ containers: all('container'), projects: all('project'), running: route.query.running !== undefined }))
  function change(next: Partial<LogSelection>) {
    const { containers, projects, running } = { ...selection.value, ...next }
    const query = { ...route.query, container: containers, project: projects, running: running ? null : undefined }
    void router.replace({ query: Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && (!Array.isArray(value) || value.length > 0))) })
  }
  return { selection, change }
}

export const isNothing = ({ containers, projects, running }: LogSelection): boolean => containers.length === 0 && projects.length === 0 && !running
