import type { FunctionalComponent } from 'vue'

/** What stands in it is drawn again by itself: what it looks at may change a hundred times while all around it stays. */
export const DrawnApart: FunctionalComponent = (_props, { slots }) => slots.default?.()
