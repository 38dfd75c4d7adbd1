type Results<Works extends readonly Promise<unknown>[]> = { -readonly [Index in keyof Works]: Awaited<Works[Index]> }

/** Like Promise.all, but a failure is thrown only when none of the others is under way any more, so that what they made can be undone. */
export async function settleAll<const Works extends readonly Promise<unknown>[]>(works: Works): Promise<Results<Works>> {
  const outcomes = await Promise.allSettled(works)
  for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason
  return outcomes.map((outcome) => (outcome as PromiseFulfilledResult<unknown>).value) as Results<Works>
}
