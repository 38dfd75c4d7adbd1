import type { Report } from '../../services/doctor/report.ts'

/** As the API and `doctor --json` give it. */
export const reportJson = ({ checked, findings }: Report) => ({
  Checked: { Blobs: checked.blobs, Bytes: checked.bytes, Layers: checked.layers, Images: checked.images, Containers: checked.containers, Volumes: checked.volumes },
  Findings: findings.map(({ kind, reason, subject, what, advice, outcome }) => ({ Kind: kind, Reason: reason, Subject: subject, What: what, Advice: advice, Outcome: outcome })),
})

export type ReportJson = ReturnType<typeof reportJson>
