import type { CheckUp } from '#shared/contract/system.ts'
import { wait } from './wait.ts'

const checked = { blobs: 61, bytes: 2_310_000_000, layers: 74, images: 18, containers: 24, volumes: 9 }
let repaired = false

/** The first check finds one of each kind; a repair leaves what needs the user. */
export async function fakeCheckUp({ repair }: { repair: boolean }): Promise<CheckUp> {
  await wait(800)
  const lost = { kind: 'image' as const, subject: 'shop/api:2.1', what: 'The packed layer 9f1c0a7be2d4 of shop/api:2.1 has other bytes than its digest says (77aa01c2, 120 bytes). Containers of it still run; it cannot be pushed or saved.', advice: 'Remove the image and pull or build it again (docker rmi shop/api:2.1).', outcome: 'needs-you' as const }
  const name = { kind: 'image' as const, subject: 'old:latest', what: 'The name old:latest leads to an image that is gone.', advice: 'The name can be removed; pull the image again if you want it.', outcome: repair ? ('repaired' as const) : ('repairable' as const) }
  const findings = repaired ? [lost] : [lost, name]
  repaired ||= repair
  return { checked, findings }
}
