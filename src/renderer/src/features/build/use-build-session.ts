import { computed, reactive, ref, shallowRef, watch } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import type { BuildFolder, BuildRequest, BuildSummary } from '#shared/contract/builds.ts'
import { useEngine } from '../../composables/use-engine.ts'
import type { EngineProxy } from '../../engine/proxy.ts'
import { useEngineState } from '../../stores/engine-state.ts'
import { useQuestions } from '../../stores/questions.ts'
import { readOutline } from './dockerfile-outline.ts'
import { useFollowedBuilds } from './use-followed-builds.ts'

export interface BuildOptions {
  tags: string
  args: { key: number; name: string; value: string }[]
  target: string
  platform: string
  noCache: boolean
  pull: boolean
}
let lastKey = 0
export const argRow = (name = '', value = '') => ({ key: ++lastKey, name, value })

const NAME = /[^a-z0-9._-]+/g
const suggestedTag = (folder: string) => `${(folder.split('/').filter(Boolean).at(-1) ?? 'app').toLowerCase().replace(NAME, '-').replace(/^[._-]+|[._-]+$/g, '') || 'app'}:latest`

function requestOf({ folder, dockerfile }: BuildFolder, options: BuildOptions): BuildRequest {
  const args = Object.fromEntries(options.args.filter(({ name }) => name.trim() !== '').map(({ name, value }) => [name.trim(), value]))
  return {
    folder,
    dockerfile,
    tags: options.tags.split(/[\s,]+/).filter(Boolean),
    args: Object.keys(args).length > 0 ? args : undefined,
    target: options.target || undefined,
    platform: options.platform.trim() || undefined,
    noCache: options.noCache || undefined,
    pull: options.pull || undefined,
  }
}

const lastOf = (builds: readonly BuildSummary[], path: string) => builds.toSorted((one, other) => other.startedAt - one.startedAt).find(({ request }) => request.folder === path)?.request

/** As the folder was built last, else a tag named after it. */
const optionsFrom = (last: BuildRequest | undefined, path: string): BuildOptions => ({
  tags: last?.tags.join(', ') ?? suggestedTag(path),
  args: Object.entries(last?.args ?? {}).map(([name, value]) => argRow(name, value)),
  target: last?.target ?? '',
  platform: last?.platform ?? '',
  noCache: false,
  pull: false,
})

/** Saved, and as it is from then on. */
async function withText(engine: EngineProxy, opened: BuildFolder, text: string): Promise<BuildFolder> {
  await engine.builds.saveDockerfile({ folder: opened.folder, dockerfile: opened.dockerfile, text })
  return { ...opened, text, dockerfiles: opened.dockerfiles.includes(opened.dockerfile) ? opened.dockerfiles : [...opened.dockerfiles, opened.dockerfile] }
}

/** One folder being worked on: its Dockerfile, how it is to be built, and the build that was begun. The folder and the file are the address. */
export function useBuildSession() {
  const { t } = useI18n()
  const route = useRoute()
  const router = useRouter()
  const engine = useEngine()
  const store = useEngineState()
  const follow = useFollowedBuilds()
  const questions = useQuestions()

  const word = (key: string) => computed(() => { const value = route.query[key]; return typeof value === 'string' ? value : undefined })
  const [folder, file] = [word('folder'), word('file')]
  const opened = shallowRef<BuildFolder>()
  const text = ref('')
  const error = shallowRef<unknown>()
  const busy = ref(false)
  const options = reactive<BuildOptions>({ tags: '', args: [], target: '', platform: '', noCache: false, pull: false })
  const changed = computed(() => opened.value !== undefined && text.value !== (opened.value.text ?? ''))
  const outline = computed(() => readOutline(text.value))

  watch([folder, file], open, { immediate: true })

  async function open() {
    const wanted = folder.value
    error.value = undefined
    if (wanted === undefined) return void (opened.value = undefined)
    try {
      const found = await engine.builds.openFolder({ folder: wanted, dockerfile: file.value })
      if (wanted !== folder.value) return
      text.value = found.text ?? ''
      if (opened.value?.folder !== found.folder) Object.assign(options, optionsFrom(lastOf(store.builds.list, found.folder), found.folder))
      opened.value = found
    } catch (reason) {
      if (wanted === folder.value) [error.value, opened.value] = [reason, undefined]
    }
  }

  const mayLeave = async () => !changed.value || (await questions.ask({ title: t('build.unsaved.title'), text: t('build.unsaved.text', { name: opened.value?.dockerfile ?? '' }), confirm: t('build.unsaved.confirm') })) !== undefined
  const choose = async (path: string) => void ((await mayLeave()) && (await router.push({ path: '/build', query: { folder: path } })))

  async function save(): Promise<boolean> {
    if (!opened.value || (!changed.value && opened.value.text !== undefined)) return true
    try {
      opened.value = await withText(engine, opened.value, text.value)
      return true
    } catch (reason) {
      error.value = reason
      return false
    }
  }

  /** What is in the editor is what is built: it is saved first. */
  async function build() {
    if (!opened.value || busy.value) return
    ;[error.value, busy.value] = [undefined, true]
    try {
      if (!(await save())) return
      const started = await engine.builds.start(requestOf(opened.value, options))
      void follow(started)
      await router.push({ path: `/build/${started.id}`, query: { folder: opened.value.folder, file: opened.value.dockerfile } })
    } catch (reason) {
      error.value = reason
    } finally {
      busy.value = false
    }
  }

  return { folder, opened, text, error, busy, options, changed, outline, choose, save, build }
}
export type BuildSession = ReturnType<typeof useBuildSession>
