import { computed, type ComputedRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { EngineError, messageOf } from '#shared/errors.ts'
import type { SerializedError } from '#shared/contract/errors.ts'
import { interpret } from '../locales/i18n.ts'

export interface ErrorWords {
  /** In the user's words. */
  what: string
  why: string | undefined
  hint: string | undefined
  /** As the machine said it, for folding away. */
  technical: string | undefined
}

/** Of the page or of another process: both carry the same. */
export const isSerialized = (error: unknown): error is SerializedError | EngineError => typeof error === 'object' && error !== null && 'code' in error && 'message' in error

/** Splits an error into what, why and what to do. Known reasons have words of their own; the rest speaks by its code. */
export function useErrorWords(source: () => unknown): ComputedRef<ErrorWords> {
  const { t, te } = useI18n()
  return computed(() => {
    const error = source()
    if (!(error instanceof EngineError) && !isSerialized(error)) return { what: t('errors.codes.internal'), why: interpret(messageOf(error)), hint: undefined, technical: undefined }
    const byReason = `errors.reasons.${error.reason}`
    const known = error.reason !== undefined && te(byReason)
    return {
      what: known ? t(byReason) : t(`errors.codes.${error.code}`),
      why: interpret(error.message),
      hint: error.hint === undefined ? undefined : interpret(error.hint),
      technical: [error.code, error.reason, error.field].filter(Boolean).join(' · ') || undefined,
    }
  })
}

/** What and why, where there is room for one line. */
export function errorLine(error: unknown): string {
  return interpret(isSerialized(error) ? error.message : messageOf(error))
}

/** With what to do about it, for whatever tells of a refusal. */
export function errorSentences(error: unknown): string {
  const hint = hintOf(error)
  return [errorLine(error), ...(hint ? [hint] : [])].map((sentence) => sentence.replace(/([^.!?…])$/, '$1.')).join(' ')
}

/** What to do about it. */
export function hintOf(error: unknown): string | undefined {
  return isSerialized(error) && error.hint ? interpret(error.hint) : undefined
}
