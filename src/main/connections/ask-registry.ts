import type { ImageSummary, RegistryAnswer } from '#shared/contract/images.ts'
import { serializeError } from '#shared/contract/errors.ts'
import { parseReference } from '#shared/oci/reference.ts'
import type { EngineApi } from './engine-api.ts'

/** Questions on their way at once. */
const WIDTH = 4

/** Whether each tag's registry has another image under that name than the one that is here. */
export async function askRegistry(api: EngineApi, images: readonly ImageSummary[], references: readonly string[], signal: AbortSignal): Promise<RegistryAnswer[]> {
  const answers: RegistryAnswer[] = references.map((reference) => ({ reference }))
  const waiting = answers.values()
  const ask = async () => {
    for (const answer of waiting) await askOne(api, images, answer, signal)
  }
  await Promise.all(Array.from({ length: WIDTH }, ask))
  return answers
}

async function askOne(api: EngineApi, images: readonly ImageSummary[], answer: RegistryAnswer, signal: AbortSignal): Promise<void> {
  try {
    const { Descriptor } = await api.json<{ Descriptor: { digest: string } }>('GET', `/distribution/${encodeURI(answer.reference)}/json`, { signal, registry: parseReference(answer.reference).registry })
    const here = images.find(({ tags }) => tags.includes(answer.reference))
    const { registry, repository } = parseReference(answer.reference)
    const known = (here?.digests ?? []).filter((name) => {
      const parsed = parseReference(name)
      return parsed.registry === registry && parsed.repository === repository
    })
    // Built here or never pushed: there is nothing to compare with.
    if (known.length > 0) answer.newer = !known.some((name) => name.endsWith(`@${Descriptor.digest}`))
  } catch (error) {
    answer.error = serializeError(error)
  }
}
