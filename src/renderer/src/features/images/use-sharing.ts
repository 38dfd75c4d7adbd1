import { computed, ref, shallowRef } from 'vue'
import type { Sharing, SharingChange } from '#shared/contract/sharing.ts'
import { isEngineError } from '#shared/errors.ts'
import { useEngine } from '../../composables/use-engine.ts'
import { errorSentences } from '../../composables/use-error-words.ts'

export type Reach = 'here' | 'others'

/** The sharing of the engine's images, and the form that changes it. */
export function useSharing() {
  const engine = useEngine()
  const known = shallowRef<Sharing>()
  /** Of reading, or of the change. */
  const error = shallowRef<unknown>()
  const busy = ref(false)
  const form = ref({ reach: 'here' as Reach, port: '', password: '', withoutPassword: false, push: false, certificate: '', key: '', ownCertificate: false })

  /** One that is kept can be taken away, and another can be given in its place. */
  const goes = computed(() => form.value.withoutPassword && form.value.reach === 'here' && form.value.password === '')
  const hasPassword = computed(() => (known.value?.password === true && !goes.value) || form.value.password !== '')
  const isGiven = computed(() => known.value?.tls?.own === false)
  const change = computed<SharingChange>(() => {
    const before = known.value
    if (!before) return {}
    const { reach, port, password, push, certificate, key, ownCertificate } = form.value
    const moved = (reach === 'here') !== before.loopback
    return {
      ...(moved && { host: reach === 'here' ? '127.0.0.1' : '0.0.0.0' }),
      ...(port !== String(before.port) && { port: Number(port) }),
      ...(password !== '' && { password }),
      ...(goes.value && before.password && { password: '' }),
      ...(ownCertificate && isGiven.value ? { certificate: '', key: '' } : (certificate.trim() !== '' || key.trim() !== '') && { certificate: certificate.trim(), key: key.trim() }),
      ...((push && hasPassword.value) !== before.push && { push: push && hasPassword.value }),
    }
  })
  const isPort = computed(() => /^\d{1,5}$/.test(form.value.port) && Number(form.value.port) >= 1 && Number(form.value.port) <= 65_535)

  function show(sharing: Sharing) {
    known.value = sharing
    form.value = { reach: sharing.loopback ? 'here' : 'others', port: String(sharing.port), password: '', withoutPassword: false, push: sharing.push, certificate: '', key: '', ownCertificate: false }
  }
  async function read() {
    ;[known.value, error.value] = [undefined, undefined]
    try {
      show(await engine.sharing.state())
    } catch (reason) {
      error.value = reason
    }
  }
  async function put(on: boolean) {
    if (busy.value) return
    ;[busy.value, error.value] = [true, undefined]
    try {
      show(await engine.sharing.change(on ? { ...change.value, on } : { on }))
    } catch (reason) {
      error.value = reason
    } finally {
      busy.value = false
    }
  }
  const problemOf = (field: string) => (isEngineError(error.value) && error.value.field === field ? errorSentences(error.value) : undefined)
  return { known, error, busy, form, hasPassword, isGiven, isPort, isChanged: computed(() => Object.keys(change.value).length > 0), read, put, problemOf }
}
