import { defineStore } from 'pinia'
import { ref } from 'vue'

/** Whether the list of shortcuts is open. */
export const useShortcutHelp = defineStore('shortcut-help', () => ({ open: ref(false) }))
