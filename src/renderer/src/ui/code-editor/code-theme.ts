import { HighlightStyle, syntaxHighlighting } from '@codemirror/language'
import type { Extension } from '@codemirror/state'
import { EditorView } from '@codemirror/view'
import { tags } from '@lezer/highlight'

/** The editor in the tokens of tokens.css: it follows light, dark and contrast by itself. */
const look = EditorView.theme({
  '&': { height: '100%', color: 'var(--ink)', backgroundColor: 'transparent', fontSize: '12px' },
  '&.cm-focused': { outline: 'none' },
  '.cm-scroller': { fontFamily: 'var(--font-mono)', lineHeight: '20px', fontFeatureSettings: 'normal', fontVariantLigatures: 'none' },
  '.cm-content': { padding: '8px 0', caretColor: 'var(--ink)' },
  '.cm-line': { padding: '0 12px 0 8px' },
  '.cm-cursor': { borderLeftColor: 'var(--ink)' },
  '.cm-gutters': { backgroundColor: 'transparent', color: 'var(--faint)', border: 'none', userSelect: 'none' },
  '.cm-lineNumbers .cm-gutterElement': { padding: '0 6px 0 16px', minWidth: '40px' },
  '.cm-activeLine': { backgroundColor: 'var(--hover)' },
  '.cm-activeLineGutter': { backgroundColor: 'transparent', color: 'var(--ink)' },
  '&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground': { backgroundColor: 'oklch(0.6 0.15 256 / 0.28)' },
  '.cm-markedLine': { backgroundColor: 'var(--selected)', boxShadow: 'inset 2px 0 0 var(--accent)' },
  '[data-failed] & .cm-markedLine': { backgroundColor: 'var(--danger-wash)', boxShadow: 'inset 2px 0 0 var(--danger)' },
  '.cm-matchingBracket': { backgroundColor: 'var(--selected)', color: 'inherit' },
  '.cm-searchMatch': { backgroundColor: 'var(--match)' },
  '.cm-searchMatch-selected': { backgroundColor: 'var(--match-current)' },
  '.cm-tooltip': { border: 'none', borderRadius: '6px', backgroundColor: 'var(--raised)', color: 'var(--ink)', boxShadow: 'var(--float)', fontFamily: 'var(--font-sans)', fontSize: '13px', maxWidth: '440px' },
  '.cm-tooltip-autocomplete > ul': { fontFamily: 'var(--font-mono)', fontSize: '12px', maxHeight: '15em', padding: '4px' },
  '.cm-tooltip-autocomplete > ul > li': { padding: '2px 8px', borderRadius: '4px' },
  '.cm-tooltip-autocomplete > ul > li[aria-selected]': { backgroundColor: 'var(--hover)', color: 'var(--ink)' },
  '.cm-completionMatchedText': { textDecoration: 'none', color: 'var(--accent-ink)', fontWeight: '570' },
  '.cm-completionDetail': { color: 'var(--faint)', fontStyle: 'normal' },
  '.cm-completionInfo': { padding: '8px 10px', whiteSpace: 'pre-wrap' },
  '.cm-explanation': { padding: '6px 10px', whiteSpace: 'pre-wrap', lineHeight: '18px' },
  '.cm-diagnostic': { borderLeft: 'none', padding: '6px 10px' },
  '.cm-diagnostic-error .cm-diagnosticText': { color: 'var(--danger)' },
  '.cm-diagnostic-warning .cm-diagnosticText': { color: 'var(--warning)' },
  '.cm-lintRange-error': { backgroundImage: 'none', textDecoration: 'underline wavy var(--danger) 1px', textUnderlineOffset: '3px' },
  '.cm-lintRange-warning': { backgroundImage: 'none', textDecoration: 'underline wavy var(--warning) 1px', textUnderlineOffset: '3px' },
  '.cm-lintRange-hint, .cm-lintRange-info': { backgroundImage: 'none', textDecoration: 'underline dotted var(--muted) 1px', textUnderlineOffset: '3px' },
  '.cm-gutter-lint': { width: '14px' },
  '.cm-gutter-lint .cm-gutterElement': { padding: '0 2px' },
  '.cm-lint-marker': { width: '8px', height: '20px', content: 'none', display: 'flex', alignItems: 'center' },
  '.cm-lint-marker::before': { content: '""', width: '8px', height: '8px', borderRadius: '4px', backgroundColor: 'var(--muted)' },
  '.cm-lint-marker-error::before': { backgroundColor: 'var(--danger)', borderRadius: '1px', transform: 'rotate(45deg)' },
  '.cm-lint-marker-warning::before': { backgroundColor: 'var(--warning)' },
  '.cm-panels': { backgroundColor: 'var(--canvas)', color: 'var(--ink)', borderColor: 'var(--line)' },
  '.cm-panel input, .cm-panel button': { fontFamily: 'var(--font-sans)', fontSize: '12px', background: 'var(--surface)', color: 'var(--ink)', border: '1px solid var(--outline)', borderRadius: '6px', backgroundImage: 'none' },
})

const words = HighlightStyle.define([
  { tag: [tags.keyword, tags.definitionKeyword, tags.controlKeyword], color: 'var(--accent-ink)', fontWeight: '570' },
  { tag: [tags.propertyName, tags.definition(tags.propertyName), tags.attributeName], color: 'var(--accent-ink)' },
  { tag: [tags.string, tags.special(tags.string)], color: 'var(--ansi-2)' },
  { tag: [tags.number, tags.bool, tags.null, tags.atom], color: 'var(--ansi-5)' },
  { tag: [tags.variableName, tags.special(tags.variableName), tags.standard(tags.variableName)], color: 'var(--ansi-6)' },
  { tag: [tags.comment, tags.lineComment, tags.blockComment], color: 'var(--faint)' },
  { tag: tags.invalid, color: 'var(--danger)' },
  { tag: [tags.operator, tags.punctuation, tags.separator], color: 'var(--muted)' },
])

export const codeTheme: Extension = [look, syntaxHighlighting(words)]
