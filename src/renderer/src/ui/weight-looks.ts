import { CircleAlert, Info, TriangleAlert } from 'lucide-vue-next'

/** How much something that is told of a plan matters: it is lost, it works another way, it is good to know. In the order in which they are told. */
export const weightLooks = { loss: { icon: CircleAlert, tone: 'text-danger' }, change: { icon: TriangleAlert, tone: 'text-warning' }, note: { icon: Info, tone: 'text-faint' } } as const
export type Weight = keyof typeof weightLooks

const order = Object.keys(weightLooks)
export const byWeight = (one: { weight: Weight }, other: { weight: Weight }): number => order.indexOf(one.weight) - order.indexOf(other.weight)
