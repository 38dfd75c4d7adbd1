import { existsSync } from 'node:fs'
import { isEngineError, messageOf } from '#shared/errors.ts'
import { settleAll } from '#base/settle-all.ts'
import type { ForwardRule, PortForwarder } from '../../core/host/host.ts'

export type ForwardRules = ReadonlyMap<string, ForwardRule>

export const rulesByKey = (rules: readonly ForwardRule[]): ForwardRules => new Map(rules.map((rule) => [keyOf(rule), rule]))
const keyOf = (rule: ForwardRule) => `${rule.protocol} ${rule.hostIp} ${rule.hostPort} ${rule.childIp} ${rule.childPort}`

/** What the port driver has for containers, and what it should. */
export interface PortForwards {
  change(before: ForwardRules, after: ForwardRules): Promise<void>
  /** After a start: takes up what an earlier engine left, removes everything else. Tells of each that could not be had. */
  takeOver(wanted: ForwardRules): Promise<string[]>
  /** Where the driver is not as wanted; goes by nothing that is remembered. */
  compare(wanted: ForwardRules): Promise<{ gone: ForwardRule[]; strays: ForwardRule[] }>
  /** Makes it so, by what is remembered: a container that is being connected has no record yet. */
  mend(): Promise<void>
}

interface Forward {
  rule: ForwardRule
  /** Its number at the driver. */
  id: number | 'under way' | 'refused'
}

/** The engine itself listens on loopback (services/sharing); no container has an address there. */
const isOfContainer = ({ childIp }: ForwardRule) => !childIp.startsWith('127.')
/** Where the machine has no IPv6, all of its addresses are the IPv4 ones. */
const canBe = ({ hostIp }: ForwardRule) => hostIp !== '::' || existsSync('/proc/net/if_inet6')

export function createPortForwards(forwarder: PortForwarder): PortForwards {
  const known = new Map<string, Forward>()
  async function add(key: string, rule: ForwardRule) {
    known.set(key, { rule, id: 'under way' })
    try {
      known.set(key, { rule, id: await forwarder.add(rule) })
    } catch (error) {
      known.set(key, { rule, id: 'refused' })
      if (rule.hostIp !== '::') throw error
    }
  }
  async function drop(key: string) {
    const id = known.get(key)?.id
    known.delete(key)
    if (typeof id === 'number') await remove(forwarder, id)
  }
  return {
    async change(before, after) {
      await using undo = new AsyncDisposableStack()
      for (const [key, rule] of before)
        if (!after.has(key) && known.has(key)) {
          undo.defer(() => add(key, rule))
          await drop(key)
        }
      for (const [key, rule] of after)
        if (!known.has(key)) {
          undo.defer(() => drop(key))
          await add(key, rule)
        }
      undo.move()
    },
    async takeOver(wanted) {
      for (const { id, ...rule } of await forwarder.list()) {
        if (wanted.has(keyOf(rule))) known.set(keyOf(rule), { rule, id })
        else await remove(forwarder, id)
      }
      const lost: string[] = []
      for (const [key, rule] of wanted) {
        if (known.has(key)) continue
        await add(key, rule).catch((error: unknown) => void lost.push(`port ${rule.hostIp}:${rule.hostPort}/${rule.protocol} of a running container is not published: ${messageOf(error)}`))
      }
      return lost
    },
    async compare(wanted) {
      const there = rulesByKey((await forwarder.list()).map(({ id: _, ...rule }) => rule))
      return { gone: [...wanted].flatMap(([key, rule]) => (there.has(key) || !canBe(rule) ? [] : [rule])), strays: [...there].flatMap(([key, rule]) => (wanted.has(key) || !isOfContainer(rule) ? [] : [rule])) }
    },
    async mend() {
      const before = new Map(known)
      const listed = await forwarder.list()
      const there = new Set(listed.map(keyOf))
      const strays = listed.filter((rule) => isOfContainer(rule) && !known.has(keyOf(rule)))
      const gone = [...before].filter(([key, forward]) => forward.id !== 'under way' && !there.has(key) && known.get(key) === forward && canBe(forward.rule))
      await settleAll([...strays.map(({ id }) => remove(forwarder, id)), ...gone.map(([key, { rule }]) => add(key, rule))])
    },
  }
}

/** One that is gone needs no removal. */
async function remove(forwarder: PortForwarder, id: number): Promise<void> {
  await forwarder.remove(id).catch((error: unknown) => {
    if (!isEngineError(error, 'not-found')) throw error
  })
}
