// The notes of a release, out of CHANGELOG.md.   node scripts/release-notes.mjs [VERSION]     (without one: what is unreleased)
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { inRoot } from './project.mjs'

/** The text below `## VERSION` or `## [VERSION] - DATE`, up to the next such heading. @throws when there is none, or nothing in it. */
export function releaseNotes(changelog, version) {
  const sections = changelog.split(/^## /m).slice(1)
  const titleOf = (section) => section.split('\n', 1)[0].replace(/^\[?([^\]\s]+)\]?.*$/, '$1')
  const section = sections.find((each) => titleOf(each).toLowerCase() === version.replace(/^v/, '').toLowerCase())
  if (section === undefined) throw new Error(`CHANGELOG.md says nothing of ${version}; it knows ${sections.map(titleOf).join(', ')}.`)
  const text = section.slice(section.indexOf('\n') + 1).trim()
  if (text === '') throw new Error(`CHANGELOG.md has a heading for ${version} and nothing below it.`)
  return `${text}\n`
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    process.stdout.write(releaseNotes(readFileSync(inRoot('CHANGELOG.md'), 'utf8'), process.argv[2] ?? 'Unreleased'))
  } catch (error) {
    process.stderr.write(`${error.message}\n`)
    process.exit(1)
  }
}
