/** Milliseconds of synchronous work before everybody else gets a turn. */
const BREATH = 8

/** To be awaited between small pieces of synchronous work: lets the event loop turn when enough of it has been done. */
export function breathe(): () => Promise<void> | undefined {
  let since = performance.now()
  return () => {
    if (performance.now() - since < BREATH) return undefined
    return new Promise((resolve) =>
      setImmediate(() => {
        since = performance.now()
        resolve()
      }),
    )
  }
}
