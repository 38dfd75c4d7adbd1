/** The shapes a state can take on screen; features map their state unions onto these. */
export type StateLook = 'running' | 'paused' | 'starting' | 'exited' | 'created' | 'failed' | 'unhealthy'

const circle = (radius: number) => `M${6 - radius},6a${radius},${radius} 0 1 0 ${2 * radius},0a${radius},${radius} 0 1 0 ${-2 * radius},0`
/** Each is one path of 12 by 12 and one set of classes: what changes its state a hundred times a second changes two attributes, and makes no elements. */
export const stateShapes: Readonly<Record<StateLook, { d: string; drawn: string }>> = {
  running: { d: circle(4), drawn: 'fill-current stroke-0 text-state-running' },
  paused: { d: 'M3.75 2.5v7M8.25 2.5v7', drawn: 'fill-none stroke-[2.2] text-state-paused [stroke-linecap:round]' },
  starting: { d: 'M6 2a4 4 0 1 1-4 4', drawn: 'turns fill-none stroke-[1.8] text-state-starting [stroke-linecap:round]' },
  exited: { d: circle(3.6), drawn: 'fill-none stroke-[1.4] text-state-exited' },
  created: { d: circle(3.6), drawn: 'fill-none stroke-[1.4] text-state-exited [stroke-dasharray:1.6,2.17]' },
  failed: { d: 'm3 3 6 6M9 3 3 9', drawn: 'fill-none stroke-[2.2] text-state-failed [stroke-linecap:round]' },
  unhealthy: { d: 'M6 1.6 11 10.2H1z', drawn: 'fill-current stroke-1 text-state-unhealthy [stroke-linecap:round]' },
}
