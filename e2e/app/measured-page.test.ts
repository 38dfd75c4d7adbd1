import { afterAll, expect, test } from 'vitest'
import { closeFakePage, openFakePage, traceOf } from '../bench/fake-page.ts'
import { scriptingPerFrame } from '../bench/trace.ts'

afterAll(closeFakePage)

test('the page that is measured shows the containers of the engine in it, and its trace has frames', async () => {
  await using open = await openFakePage('fake=many&containers=50&churn=10#/containers')
  expect(await open.page.getByRole('row').count()).toBeGreaterThan(5)
  const events = await traceOf(open.page, () => open.page.waitForTimeout(500))
  expect(scriptingPerFrame(events).mean).toBeGreaterThan(0)
})
