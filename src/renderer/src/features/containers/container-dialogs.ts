import type { LocationQueryRaw } from 'vue-router'

/** The dialogs about one container; each is an address: `?rename=ID`. */
export const containerDialogs = ['rename', 'kill', 'commit', 'duplicate', 'recipe'] as const
export type ContainerDialog = (typeof containerDialogs)[number]

/** The address without any of them. */
export const withoutDialog = (query: LocationQueryRaw): LocationQueryRaw => Object.fromEntries(Object.entries(query).filter(([key]) => !(containerDialogs as readonly string[]).includes(key)))
