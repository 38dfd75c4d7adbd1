import type en from './en/index.ts'

/** Every language has exactly the keys of English; the compiler sees to it. */
export type Messages = typeof en
