import type { InjectionKey, Ref } from 'vue'

/** What is searched for in a long form. */
export const formSearch: InjectionKey<Ref<string>> = Symbol('form-search')
