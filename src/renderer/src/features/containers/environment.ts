export interface Variable {
  name: string
  value: string
}

/** `NAME=value` in two; without `=` the value is empty. */
export function splitVariable(text: string): Variable {
  const at = text.indexOf('=')
  return at < 0 ? { name: text, value: '' } : { name: text.slice(0, at), value: text.slice(at + 1) }
}

/** Lines of a pasted .env: comments and blank lines go, `export ` and one pair of quotes are taken off. */
export function parseEnvFile(text: string): Variable[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim().replace(/^export\s+/, ''))
    .filter((line) => line !== '' && !line.startsWith('#') && line.includes('='))
    .map(splitVariable)
    .map(({ name, value }) => ({ name: name.trim(), value: value.trim().replace(/^(["'])(.*)\1$/, '$2') }))
}
