/** What stands for a container on any page: whatever says so (`data-container`), a row of a list, a node of the network canvas. */
export function containerUnder(target: EventTarget | null, ids: readonly string[]): { id: string; element: Element } | undefined {
  const element = target instanceof Element ? target.closest('[data-container], [role=row][id], .vue-flow__node[data-id]') : null
  const word = element?.getAttribute('data-container') ?? element?.getAttribute('data-id') ?? element?.id
  const id = word && ids.find((each) => word.endsWith(each))
  return element && id ? { id, element } : undefined
}
