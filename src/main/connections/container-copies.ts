import type { CommitRequest, CreatedContainer, FileChange, Recipe, RecipeForm } from '#shared/contract/containers.ts'
import { familiarRepository, parseReference, withDefaultTag } from '#shared/oci/reference.ts'
import type { EngineApi } from './engine-api.ts'
import { meter, saveFile } from './files/save-file.ts'
import type { Operation } from './operation.ts'
import { composeFile } from './recipe/compose.ts'
import { runLine } from './recipe/run-line.ts'
import { readSettings, type ImageConfig, type Settings, type WireEndpoint, type WireSettings } from './recipe/settings.ts'

const writers: Record<RecipeForm, (settings: Settings) => Recipe> = { run: runLine, compose: composeFile }
const kinds = ['modified', 'added', 'deleted'] as const

export async function readChanges(api: EngineApi, id: string, signal: AbortSignal): Promise<FileChange[]> {
  const changes = await api.json<{ Path: string; Kind: 0 | 1 | 2 }[] | null>('GET', `/containers/${id}/changes`, { signal })
  return (changes ?? []).map(({ Path, Kind }) => ({ path: Path, kind: kinds[Kind] }))
}

export async function commitContainer(api: EngineApi, { id, reference, author, comment, pause }: CommitRequest, { signal }: Operation): Promise<{ id: string }> {
  const parsed = withDefaultTag(parseReference(reference))
  const query = { container: id, repo: familiarRepository(parsed), tag: parsed.tag, author, comment, pause }
  const { Id } = await api.json<{ Id: string }>('POST', '/commit', { query, body: {}, signal })
  return { id: Id }
}

export async function exportContainer(api: EngineApi, { id, target }: { id: string; target: string }, operation: Operation): Promise<{ bytes: number }> {
  const counter = meter(operation)
  await saveFile(target, await api.stream('GET', `/containers/${id}/export`, { signal: operation.signal }), [counter], operation)
  return { bytes: counter.bytes }
}

/** Everything it was told, but for what two containers cannot both have. */
export async function duplicateContainer(api: EngineApi, { id, name }: { id: string; name: string }, { signal }: Operation): Promise<CreatedContainer> {
  const { Id, Config, HostConfig, NetworkSettings } = await api.json<WireSettings & { Config: { Image: string; Hostname?: string } }>('GET', `/containers/${id}/json`, { signal })
  const PortBindings = Object.fromEntries(Object.entries(HostConfig.PortBindings ?? {}).map(([port, places]) => [port, (places ?? []).map(({ HostIp = '' }) => ({ HostIp, HostPort: '' }))]))
  const body = {
    ...Config,
    Hostname: Config.Hostname === Id.slice(0, 12) ? undefined : Config.Hostname,
    MacAddress: undefined,
    Labels: Object.fromEntries(Object.entries(Config.Labels ?? {}).filter(([key]) => !key.startsWith('com.docker.compose.'))),
    HostConfig: { ...HostConfig, PortBindings, ContainerIDFile: '' },
    NetworkingConfig: { EndpointsConfig: endpointsOf(HostConfig.NetworkMode ?? 'default', NetworkSettings?.Networks ?? {}) },
  }
  const created = await api.json<{ Id: string; Warnings?: string[] | null }>('POST', '/containers/create', { query: { name }, body, signal })
  return { id: created.Id, name, warnings: created.Warnings ?? [] }
}

/** The same networks, other addresses. The names it is known by stay its own: two that answer to one name would share its visitors. */
function endpointsOf(mode: string, networks: Record<string, WireEndpoint | null>): Record<string, object> {
  if (/^(host|none|default|container:.*)$/.test(mode)) return {}
  return Object.fromEntries(Object.keys(networks).map((name) => [name, {}]))
}

export async function readRecipe(api: EngineApi, { id, form }: { id: string; form: RecipeForm }, signal: AbortSignal): Promise<Recipe> {
  const container = await api.json<WireSettings & { Image: string }>('GET', `/containers/${id}/json`, { signal })
  const [image, info] = await Promise.all([
    // Its image may have been removed: then everything it has is said.
    api.json<{ Config?: ImageConfig | null }>('GET', `/images/${encodeURI(container.Image)}/json`, { signal }).catch(() => ({ Config: {} })),
    api.json<{ LoggingDriver?: string; DefaultRuntime?: string; CgroupVersion?: string }>('GET', '/info', { signal }),
  ])
  const settings = readSettings(container, image.Config ?? {}, { logDriver: info.LoggingDriver, runtime: info.DefaultRuntime, cgroupns: info.CgroupVersion === '1' ? 'host' : 'private' })
  return writers[form](settings)
}
