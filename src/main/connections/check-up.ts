import type { CheckUp, CheckUpFinding } from '#shared/contract/system.ts'
import { EngineError, isEngineError } from '#shared/errors.ts'
import type { EngineApi } from './engine-api.ts'

/** `/slipway/doctor` (docs/api.md). */
interface WireReport {
  Checked: { Blobs: number; Bytes: number; Layers: number; Images: number; Containers: number; Volumes: number }
  Findings: { Kind: CheckUpFinding['kind']; Subject: string; What: string; Advice: string; Outcome: CheckUpFinding['outcome'] }[]
}

/** @throws not-implemented for an engine without a doctor */
export async function checkUp(api: EngineApi, repair: boolean, signal: AbortSignal): Promise<CheckUp> {
  const { Checked, Findings } = await api.json<WireReport>(repair ? 'POST' : 'GET', '/slipway/doctor', { signal }).catch((error: unknown) => {
    if (isEngineError(error, 'not-found')) throw new EngineError('not-implemented', 'This engine cannot check what it keeps on the disk.', { reason: 'no-doctor', cause: error })
    throw error
  })
  return {
    checked: { blobs: Checked.Blobs, bytes: Checked.Bytes, layers: Checked.Layers, images: Checked.Images, containers: Checked.Containers, volumes: Checked.Volumes },
    findings: Findings.map(({ Kind, Subject, What, Advice, Outcome }) => ({ kind: Kind, subject: Subject, what: What, advice: Advice, outcome: Outcome })),
  }
}
