import type { Component } from 'vue'

/** One line of a menu: the same list feeds a row's menu, its context menu and the command palette. */
export interface MenuAction {
  id: string
  label: string
  icon?: Component
  keys?: string
  danger?: boolean
  disabled?: boolean
  /** Draws a hairline above. */
  separated?: boolean
  run: () => void
}

/** A menu's lines; as a function they are made when it opens, and not with every change of what they are about. */
export type MenuActions = readonly MenuAction[] | (() => readonly MenuAction[])

/** Where a context menu opens: at the pointer, or under the row when a key asked for it. */
export function menuPoint(event: MouseEvent | KeyboardEvent): { x: number; y: number } {
  if (event instanceof MouseEvent) return { x: event.clientX, y: event.clientY }
  const grid = event.target as HTMLElement
  const active = document.getElementById(grid.getAttribute('aria-activedescendant') ?? '') ?? grid
  const { left, bottom } = active.getBoundingClientRect()
  return { x: left + 40, y: bottom }
}
