import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { DiskUsage } from '#shared/contract/system.ts'
import type { EngineProxy } from '../engine/proxy.ts'

/** What lies on the disk, as last measured. The engine measures when asked, so it is asked seldom: see features/clean-up/use-disk-usage.ts. */
export const useDiskUsageStore = defineStore('disk-usage', () => {
  const usage = shallowRef<DiskUsage>()
  const error = shallowRef<unknown>()
  const measuring = shallowRef(false)
  let turn = 0

  async function measure(engine: EngineProxy): Promise<void> {
    const mine = ++turn
    measuring.value = true
    try {
      const found = await engine.system.diskUsage()
      if (mine === turn) [usage.value, error.value] = [found, undefined]
    } catch (reason) {
      if (mine === turn) error.value = reason
    } finally {
      if (mine === turn) measuring.value = false
    }
  }
  return { usage, error, measuring, measure }
})
