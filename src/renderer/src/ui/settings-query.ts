import type { InjectionKey, Ref } from 'vue'

/** What is looked for among the settings. */
export const settingsQuery: InjectionKey<Ref<string>> = Symbol('settings-query')
