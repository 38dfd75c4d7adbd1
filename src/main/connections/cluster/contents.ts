import type { ClusterContents, ClusterItems, ClusterMessage, ClusterNoun } from '#shared/contract/cluster.ts'
import { isEngineError } from '#shared/errors.ts'
import type { EngineApi } from '../engine-api.ts'
import { ended, readFile, readNode, readService, readTask } from './read.ts'
import type { WireFile, WireNode, WireService, WireTask } from './wire.ts'

/** What a cluster holds, as last heard. */
export interface Contents {
  all(): ClusterContents
  /** Something is on its way: tasks that start or end, an update. */
  moving(): boolean
  /** Asks for the one item that an event names. */
  refresh(touched: { type: string; id: string; gone: boolean }, signal: AbortSignal): Promise<ClusterMessage[]>
  /** What Docker tells no events of: tasks, and which managers reach each other. */
  refreshSilent(signal: AbortSignal): Promise<ClusterMessage[]>
}

const nouns: Record<string, Exclude<ClusterNoun, 'tasks'> | undefined> = { node: 'nodes', service: 'services', secret: 'secrets', config: 'configs' }

export async function openContents(api: EngineApi, signal: AbortSignal): Promise<Contents> {
  const list = <Wire>(path: string) => api.json<Wire[] | null>('GET', path, { signal }).then((items) => items ?? [])
  const [nodes, services, tasks, secrets, configs] = await Promise.all([list<WireNode>('/nodes'), list<WireService>('/services'), list<WireTask>('/tasks'), list<WireFile>('/secrets'), list<WireFile>('/configs')])
  const wireServices = new Map(services.map((each) => [each.ID, each]))
  const toTask = (task: WireTask) => readTask(task, wireServices.get(task.ServiceID))
  const tables = {
    nodes: createTable('nodes', nodes.map(readNode)),
    services: createTable('services', services.map(readService)),
    tasks: createTable('tasks', tasks.map(toTask)),
    secrets: createTable('secrets', secrets.map(readFile)),
    configs: createTable('configs', configs.map(readFile)),
  }

  async function ask(noun: Exclude<ClusterNoun, 'tasks'>, id: string): Promise<ClusterMessage[]> {
    const wire = await api.json<WireNode & WireService & WireFile>('GET', `/${noun}/${id}`, { signal })
    if (noun === 'nodes') return tables.nodes.put(readNode(wire))
    if (noun !== 'services') return tables[noun].put(readFile(wire))
    wireServices.set(id, wire)
    return tables.services.put(readService(wire))
  }
  function forget(noun: Exclude<ClusterNoun, 'tasks'>, id: string): ClusterMessage[] {
    if (noun === 'services') wireServices.delete(id)
    return tables[noun].remove(id)
  }

  return {
    all: () => ({ nodes: tables.nodes.all(), services: tables.services.all(), tasks: tables.tasks.all(), secrets: tables.secrets.all(), configs: tables.configs.all() }),
    moving: () => tables.services.all().some(({ update }) => update?.state === 'updating' || update?.state === 'rollback_started') || tables.tasks.all().some(({ wanted, state }) => wanted !== (state === 'running') && !(!wanted && ended.has(state))),
    async refresh({ type, id, gone }) {
      const noun = nouns[type]
      if (!noun) return []
      if (gone) return forget(noun, id)
      try {
        return await ask(noun, id)
      } catch (error) {
        if (isEngineError(error, 'not-found')) return forget(noun, id)
        throw error
      }
    },
    async refreshSilent() {
      const [lookedNodes, lookedTasks] = await Promise.all([list<WireNode>('/nodes'), list<WireTask>('/tasks')])
      return [...tables.nodes.replace(lookedNodes.map(readNode)), ...tables.tasks.replace(lookedTasks.map(toTask))]
    },
  }
}

/** Tells only what is another than before. */
function createTable<Noun extends ClusterNoun>(noun: Noun, first: ClusterItems[Noun][]) {
  type Item = ClusterItems[Noun]
  const rows = new Map<string, { item: Item; text: string }>()
  const keep = (item: Item): boolean => {
    const text = JSON.stringify(item)
    const isNew = rows.get(item.id)?.text !== text
    if (isNew) rows.set(item.id, { item, text })
    return isNew
  }
  const tell = (items: Item[], gone: string[]) => (items.length + gone.length === 0 ? [] : [{ kind: 'changed', noun, items, gone } as unknown as ClusterMessage])
  first.forEach(keep)
  return {
    all: (): Item[] => [...rows.values()].map(({ item }) => item),
    put: (item: Item) => tell(keep(item) ? [item] : [], []),
    remove: (id: string) => tell([], rows.delete(id) ? [id] : []),
    replace(items: Item[]) {
      const there = new Set(items.map(({ id }) => id as string))
      const gone = [...rows.keys()].filter((id) => !there.has(id))
      gone.forEach((id) => rows.delete(id))
      return tell(items.filter(keep), gone)
    },
  }
}
