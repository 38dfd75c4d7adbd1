import type { Result } from './runner.ts'
import { pairedRatio, summarize } from './statistics.ts'

const COLUMNS = ['what', 'slipway', 'peer', 'ratio', 'budget', '', 'limit', 'CPU ratio']

/** A table that is Markdown as well. */
export function printTable(results: readonly Result[]): void {
  const rows = [COLUMNS, COLUMNS.map(() => ''), ...results.map(toRow)]
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const [index, row] of rows.entries()) {
    const cells = row.map((cell, column) => (index === 1 ? '-'.repeat(Math.max(widths[column]!, 3)) : column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
    console.log(`| ${cells.join(' | ')} |`)
  }
}

function toRow(result: Result): string[] {
  if (result.failed) return [result.name, 'failed', '', '', '', result.failed.split('\n')[0]!.replaceAll('|', '/').slice(0, 80), '', '']
  const { slipway = [], peer = [], limit = [] } = result.values
  const ratio = slipway.length > 0 && peer.length > 0 ? pairedRatio(slipway, peer) : undefined
  const show = (values: readonly number[]) => (values.length > 0 ? withSpread(values, result.unit) : '')
  return [result.name, show(slipway), show(peer), ratio === undefined ? '' : ratio.toFixed(2), budgetText(result), verdict(result, ratio), show(limit), cpuRatio(result)]
}

function withSpread(values: readonly number[], unit: string): string {
  const { median, spread } = summarize(values)
  return `${figure(median)}${values.length > 1 ? ` ± ${figure(spread / 2)}` : ''} ${unit}`.trim()
}

const figure = (value: number) => (Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(2))

function budgetText({ budget, better }: Result): string {
  const sign = better === 'less' ? '≤' : '≥'
  if (budget?.ratio !== undefined) return `${sign} ${budget.ratio} ×${budget.against ? ` ${budget.against}` : ''}`
  return budget?.value === undefined ? '' : `${sign} ${budget.value}`
}

/** Within its budget or not; nothing where there is none or nobody to compare with. */
export function verdict({ budget, better, values }: Result, ratio: number | undefined): string {
  const [found, bound] = budget?.ratio === undefined ? [values['slipway'] && summarize(values['slipway']).median, budget?.value] : [ratio, budget.ratio]
  if (found === undefined || bound === undefined) return ''
  return (better === 'less' ? found <= bound : found >= bound) ? 'ok' : 'MISSED'
}

/** Of sums: a tick of the clock is 10 ms, longer than much of what is measured. */
function cpuRatio({ cpuMs }: Result): string {
  const sum = (values: readonly number[] = []) => values.reduce((total, value) => total + value, 0)
  const [ours, theirs] = [sum(cpuMs['slipway']), sum(cpuMs['peer'])]
  return theirs >= 50 ? (ours / theirs).toFixed(2) : ''
}
