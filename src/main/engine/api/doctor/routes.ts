import { json, type Route } from '../router.ts'
import type { DoctorApiNeeds } from './needs.ts'
import { reportJson } from './wire.ts'

/** Everything in the data root looked at; POST also repairs what can be repaired without loss. */
export const doctorRoutes = (doctor: DoctorApiNeeds): Route[] =>
  (['GET', 'POST'] as const).map((method) => ({
    method,
    path: '/slipway/doctor',
    handle: async ({ signal }) => json(reportJson(await doctor.check({ repair: method === 'POST', signal }))),
  }))
