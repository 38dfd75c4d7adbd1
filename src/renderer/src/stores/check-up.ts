import { defineStore } from 'pinia'
import { shallowReactive } from 'vue'
import type { CheckUp } from '#shared/contract/system.ts'
import type { CallOptions } from '../engine/proxy.ts'
import { isEngineError } from '#shared/errors.ts'
import { useWork } from './work.ts'

interface Checked {
  running: boolean
  report: CheckUp | undefined
  error: unknown
}

/** The last check of each engine: it takes a while, and whoever looks elsewhere meanwhile finds it here. */
export const useCheckUp = defineStore('check-up', () => {
  const byConnection = shallowReactive(new Map<string, Checked>())
  const works = useWork()

  async function begin(connection: string, subject: string, call: (options: CallOptions) => Promise<CheckUp>): Promise<void> {
    const before = byConnection.get(connection)
    const put = (now: Omit<Checked, 'running'>, running = false) => void byConnection.set(connection, { ...now, running })
    put({ report: before?.report, error: undefined }, true)
    try {
      put({ report: await works.begin('checkUp', subject, call).done, error: undefined })
    } catch (error) {
      put({ report: before?.report, error: isEngineError(error, 'cancelled') ? undefined : error })
    }
  }
  return { of: (connection: string) => byConnection.get(connection), begin }
})
