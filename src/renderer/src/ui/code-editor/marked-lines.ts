import { RangeSet, StateEffect, StateField, type Extension } from '@codemirror/state'
import { Decoration, EditorView, type DecorationSet } from '@codemirror/view'

/** Lines that stand out, such as the one a build failed at. They move with the text as it is edited. */
export const markLines = StateEffect.define<readonly number[]>()

const mark = Decoration.line({ class: 'cm-markedLine' })

export const markedLines: Extension = StateField.define<DecorationSet>({
  create: () => Decoration.none,
  update(marks, transaction) {
    let next = marks.map(transaction.changes)
    for (const effect of transaction.effects) {
      if (!effect.is(markLines)) continue
      const lines = effect.value.filter((line) => line >= 1 && line <= transaction.newDoc.lines)
      next = RangeSet.of(lines.map((line) => mark.range(transaction.newDoc.line(line).from)), true)
    }
    return next
  },
  provide: (field) => EditorView.decorations.from(field),
})
