const STEPS: readonly [below: number, text: (hours: number) => string][] = [
  [48, (hours) => `${hours} hours`],
  [24 * 7 * 2, (hours) => `${Math.floor(hours / 24)} days`],
  [24 * 30 * 2, (hours) => `${Math.floor(hours / 24 / 7)} weeks`],
  [24 * 365 * 2, (hours) => `${Math.floor(hours / 24 / 30)} months`],
  [Number.POSITIVE_INFINITY, (hours) => `${Math.floor(hours / 24 / 365)} years`],
]

/** `5 minutes`, as docker ps words it. */
export function durationText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  if (seconds < 1) return 'Less than a second'
  if (seconds === 1) return '1 second'
  if (seconds < 60) return `${seconds} seconds`
  const minutes = Math.floor(seconds / 60)
  if (minutes === 1) return 'About a minute'
  if (minutes < 60) return `${minutes} minutes`
  const hours = Math.round(minutes / 60)
  if (hours === 1) return 'About an hour'
  return (STEPS.find(([below]) => hours < below)?.[1] ?? String)(hours)
}
