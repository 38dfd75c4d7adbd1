import type { ContainerRecord } from './record.ts'

/**
 * What `docker logs --details` says before each line: the labels and variables that the log driver's options name, and its tag, as
 * `key=value` with commas between, and a space (https://docs.docker.com/engine/logging/drivers/json-file/#options).
 */
export function logDetails(record: ContainerRecord): string {
  const options = record.host.LogConfig?.Config ?? {}
  const labels = Object.entries(record.config.Labels ?? {})
  const variables = (record.config.Env ?? []).map((entry) => splitOnce(entry))
  const found = [...chosen(labels, options['labels'], options['labels-regex']), ...chosen(variables, options['env'], options['env-regex'])]
  if (options['tag']) found.push(['tag', fillTag(options['tag'], record)])
  const byName = new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)))
  return `${[...byName].map(([name, value]) => `${escape(name)}=${escape(value)}`).join(',')} `
}

function chosen(entries: readonly (readonly [string, string])[], names: string | undefined, pattern: string | undefined): [string, string][] {
  const listed = new Set((names ?? '').split(','))
  const matches = pattern ? new RegExp(pattern) : undefined
  return entries.flatMap(([name, value]) => (listed.has(name) || matches?.test(name) ? [[name, value] as [string, string]] : []))
}

const splitOnce = (entry: string): [string, string] => {
  const at = entry.indexOf('=')
  return at < 0 ? [entry, ''] : [entry.slice(0, at), entry.slice(at + 1)]
}

/** As Go's url.QueryEscape: a space is a plus. */
const escape = (text: string) => encodeURIComponent(text.toWellFormed()).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`).replaceAll('%20', '+')

/** https://docs.docker.com/engine/logging/log_tags/ */
function fillTag(template: string, { id, name, image, config }: ContainerRecord): string {
  const [, hex = ''] = image.id.split(':')
  const values: Record<string, string> = { ID: id.slice(0, 12), FullID: id, Name: name, ImageID: hex.slice(0, 12), ImageFullID: image.id, ImageName: config.Image ?? '', DaemonName: 'docker' }
  return template.replace(/\{\{\s*\.(\w+)\s*\}\}/g, (whole, field: string) => values[field] ?? whole)
}
