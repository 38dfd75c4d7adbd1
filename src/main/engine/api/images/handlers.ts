import { pipeline } from 'node:stream/promises'
import { EngineError } from '#shared/errors.ts'
import { findReference } from '#shared/oci/reference.ts'
import { json, type Exchange, type Reply } from '../router.ts'
import { streamProgress } from '../streams/json-lines.ts'
import { platformOf } from '../streams/platform-text.ts'
import { registryAuthOf } from '../streams/registry-auth.ts'
import { taggedName } from '../streams/tagged-name.ts'
import type { ImagesApiNeeds } from './needs.ts'
import { detailsJson, historyJson, manifestJson, layerJson, progressJson, removalJson, searchJson, summaryJson } from './wire.ts'

type Needs = ImagesApiNeeds
const nameOf = ({ params }: Exchange) => params['name'] ?? ''
const optional = <Key extends string, Value>(key: Key, value: Value | undefined) => (value === undefined ? {} : ({ [key]: value } as Record<Key, Value>))

export async function list(needs: Needs, { query, apiVersion }: Exchange): Promise<Reply> {
  // Before API 1.25 clients filtered by name with a parameter of its own.
  const pattern = query.text('filter')
  const filters = { ...query.filters(), ...(pattern && { reference: [pattern] }) }
  const images = await needs.list({ all: query.flag('all'), filters, sharedSize: query.flag('shared-size') })
  if (apiVersion < 47 || !query.flag('manifests')) return json(images.map((image) => summaryJson(image, apiVersion)))
  return json(await Promise.all(images.map(async (image) => ({ ...summaryJson(image, apiVersion), Manifests: (await needs.manifests(image.id)).map(manifestJson) }))))
}

export async function inspect(needs: Needs, exchange: Exchange): Promise<Reply> {
  const details = detailsJson(await needs.inspect(nameOf(exchange)), exchange.apiVersion)
  if (exchange.apiVersion < 48 || !exchange.query.flag('manifests')) return json(details)
  return json({ ...details, Manifests: (await needs.manifests(nameOf(exchange))).map(manifestJson) })
}

export async function history(needs: Needs, exchange: Exchange): Promise<Reply> {
  return json((await needs.history(nameOf(exchange))).map(historyJson))
}

export async function layers(needs: Needs, exchange: Exchange): Promise<Reply> {
  return json((await needs.layers(nameOf(exchange))).map(layerJson))
}

/** `GET /slipway/images/{name}/layers/{index}/files`: one JSON object a line. */
export async function layerFiles(needs: Needs, exchange: Exchange): Promise<undefined> {
  const index = exchange.params['index'] ?? ''
  if (!/^\d{1,4}$/.test(index)) throw new EngineError('invalid-argument', `${JSON.stringify(index)} is not the number of a layer`, { hint: 'Layers are counted from 0, the base.' })
  const entries = needs.layerEntries(nameOf(exchange), Number(index), exchange.signal)
  exchange.response.writeHead(200, { 'Content-Type': 'application/x-ndjson' })
  await pipeline(entries, exchange.response).catch(() => exchange.response.destroy())
  return undefined
}

export async function tag(needs: Needs, exchange: Exchange): Promise<Reply> {
  await needs.tag(nameOf(exchange), taggedName(exchange.query) ?? '')
  return { status: 201 }
}

export async function remove(needs: Needs, exchange: Exchange): Promise<Reply> {
  const steps = await needs.remove(nameOf(exchange), { force: exchange.query.flag('force'), prune: !exchange.query.flag('noprune') })
  return json(steps.map(removalJson))
}

export async function prune(needs: Needs, { query }: Exchange): Promise<Reply> {
  const { steps, reclaimed } = await needs.prune(query.filters())
  return json({ ImagesDeleted: steps.length > 0 ? steps.map(removalJson) : null, SpaceReclaimed: reclaimed })
}

export async function search(needs: Needs, exchange: Exchange): Promise<Reply> {
  const { query, signal } = exchange
  if (!query.text('term')) throw new EngineError('invalid-argument', 'a search needs a term', { field: 'term' })
  const limit = query.integer('limit')
  if (limit !== undefined && (limit < 0 || limit > 100)) throw new EngineError('invalid-argument', `limit ${limit} is outside the range of [1, 100]`)
  const results = await needs.search(query.text('term') ?? '', { ...(limit && { limit }), filters: query.filters(), ...optional('auth', registryAuthOf(exchange)), signal })
  return json(results.map(searchJson))
}

const TAGS_LIMIT = 10_000

/** `GET /slipway/images/tags?name=`: what can be pulled of a repository. */
export async function tags(needs: Needs, exchange: Exchange): Promise<Reply> {
  const { query, signal } = exchange
  const [name, limit = TAGS_LIMIT] = [query.text('name'), query.integer('limit')]
  if (!name) throw new EngineError('invalid-argument', 'the name of a repository is missing', { field: 'name' })
  if (limit < 1 || limit > TAGS_LIMIT) throw new EngineError('invalid-argument', `limit ${limit} is outside the range of [1, ${TAGS_LIMIT}]`, { field: 'limit' })
  const answer = await needs.tags(name, { limit, ...optional('auth', registryAuthOf(exchange)), signal })
  return json({ Tags: answer.tags, Total: answer.total })
}

/** POST /images/create pulls with `fromImage` and imports with `fromSrc`. */
export async function create(needs: Needs, exchange: Exchange): Promise<Reply | undefined> {
  return exchange.query.text('fromImage') ? pull(needs, exchange) : importImage(needs, exchange)
}

async function pull(needs: Needs, exchange: Exchange): Promise<undefined> {
  const { query, signal } = exchange
  const image = query.text('fromImage') ?? ''
  const wanted = query.text('tag')
  const name = wanted ? `${image}${wanted.includes(':') ? '@' : ':'}${wanted}` : image
  const reference = findReference(name)
  const allTags = reference !== undefined && reference.tag === undefined && reference.digest === undefined
  return streamProgress(exchange, async (emit) => {
    await needs.pull(name, { allTags, signal, ...optional('platform', platformOf(query.text('platform'))), ...optional('auth', registryAuthOf(exchange)), onProgress: (progress) => emit(progressJson(progress)) })
  })
}

async function importImage(needs: Needs, exchange: Exchange): Promise<undefined> {
  const { query, signal } = exchange
  const source = query.text('fromSrc') ?? ''
  const options = {
    ...optional('name', taggedName(query)),
    ...optional('message', query.text('message') || undefined),
    ...optional('platform', platformOf(query.text('platform'))),
    changes: query.all('changes'),
    signal,
  }
  return streamProgress(exchange, async (emit) => {
    const id = await needs.import(source === '-' ? exchange.body() : source, { ...options, onProgress: (progress) => emit(progressJson(progress)) })
    emit({ status: id })
  })
}

export async function push(needs: Needs, exchange: Exchange): Promise<undefined> {
  const { query, signal } = exchange
  const name = nameOf(exchange)
  const wanted = query.text('tag')
  const reference = findReference(name)
  const allTags = !wanted && reference !== undefined && reference.tag === undefined && reference.digest === undefined
  return streamProgress(exchange, async (emit) => {
    await needs.push(name, { ...(wanted && { tag: wanted }), allTags, signal, ...optional('platform', platformOf(query.text('platform'))), ...optional('auth', registryAuthOf(exchange)), onProgress: (progress) => emit(progressJson(progress)) })
  })
}

export async function save(needs: Needs, exchange: Exchange): Promise<undefined> {
  const single = exchange.params['name']
  const names = single === undefined ? exchange.query.all('names').flatMap((value) => value.split(',')) : [single]
  const archive = await needs.save(names, { ...optional('platform', platformOf(exchange.query.text('platform'))), signal: exchange.signal })
  exchange.response.writeHead(200, { 'Content-Type': 'application/x-tar' })
  // Headers are gone by now: a failure can only cut the connection, which the client takes for an error.
  await pipeline(archive, exchange.response).catch(() => exchange.response.destroy())
  return undefined
}

/** Docker's has begun its answer before it looks at the archive: what is wrong with it is said there. */
export async function load(needs: Needs, exchange: Exchange): Promise<undefined> {
  const quiet = exchange.query.flag('quiet')
  return streamProgress(exchange, async (emit) => {
    const loaded = await needs.load(exchange.body(), { signal: exchange.signal, ...optional('platform', platformOf(exchange.query.text('platform'))), ...(!quiet && { onProgress: (progress) => emit(progressJson(progress)) }) })
    for (const { id, names, taken } of loaded) {
      for (const { name, from } of taken) emit({ stream: `The image ${name} already exists, renaming the old one with ID ${from} to empty string\n` })
      if (names.length === 0) emit({ stream: `Loaded image ID: ${id}\n` })
      for (const name of names) emit({ stream: `Loaded image: ${name}\n` })
    }
  }, { statusOnFailure: false })
}
