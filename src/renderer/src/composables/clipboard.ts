/** Puts text on the clipboard after the user asked for it. Falls back to a hidden selection where the page may not write it (plain http). */
export async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const area = document.createElement('textarea')
    area.value = text
    area.style.position = 'fixed'
    area.style.opacity = '0'
    const host = document.activeElement?.closest('[role=dialog]') ?? document.body
    host.append(area)
    area.select()
    document.execCommand('copy')
    area.remove()
  }
}

/** What is on the clipboard, or undefined where the page may not read it. */
export async function readClipboard(): Promise<string | undefined> {
  return navigator.clipboard?.readText().catch(() => undefined)
}

/** Offers what was made here as a file in the browser's way; Electron shows its own save dialog. */
export function saveBlob(name: string, content: Blob): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(url), 10_000)
}
