// In the page: contextBridge and ipcRenderer over a WebSocket. Runs the built preload before the page's own scripts, which come after it in the document.
/* global window, location, document */
import preload from '/__stand-in/preload.mjs'
import { decode, encode } from './clone-wire.mjs'

const socket = new WebSocket(`ws://${location.host}/__stand-in/socket`)
const open = new Promise((resolve) => (socket.onopen = resolve))
const post = (message) => {
  const text = encode(message)
  void open.then(() => socket.send(text))
}

const answers = new Map()
const listeners = new Map()
let invocations = 0

const ipcRenderer = {
  send: (channel, ...values) => post({ kind: 'send', channel, values: structuredClone(values) }),
  invoke: (channel, ...values) =>
    new Promise((resolve, reject) => {
      const id = ++invocations
      answers.set(id, { resolve, reject })
      post({ kind: 'invoke', id, channel, values: structuredClone(values) })
    }),
  on(channel, listener) {
    listeners.set(channel, [...(listeners.get(channel) ?? []), listener])
    return ipcRenderer
  },
  off(channel, listener) {
    listeners.set(channel, (listeners.get(channel) ?? []).filter((each) => each !== listener))
    return ipcRenderer
  },
}

socket.onmessage = ({ data }) => {
  const message = decode(data)
  if (message.kind === 'send') for (const listener of listeners.get(message.channel) ?? []) listener({ sender: ipcRenderer }, ...message.values)
  if (message.kind !== 'answer') return
  const { resolve, reject } = answers.get(message.id)
  answers.delete(message.id)
  if (message.error) reject(new Error(message.error))
  else resolve(message.value)
}

const freeze = (value) => {
  if (typeof value === 'object' && value !== null) Object.values(value).forEach(freeze)
  return Object.freeze(value)
}
const contextBridge = { exposeInMainWorld: (name, api) => Object.defineProperty(window, name, { value: freeze(api) }) }

window.open = (url) => {
  post({ kind: 'open', url: new URL(url, location.href).href })
  return null
}
document.addEventListener(
  'click',
  (event) => {
    const link = event.target.closest?.('a[target=_blank]')
    if (!link) return
    event.preventDefault()
    window.open(link.href)
  },
  true,
)

/** A page cannot know where a file lies: a test says it, as `file.testPath`. */
const webUtils = { getPathForFile: (file) => file.testPath ?? '' }

const sandboxed = (name) => {
  if (name === 'electron' || name === 'electron/renderer') return { contextBridge, ipcRenderer, webUtils }
  throw new Error(`module not found: ${name}`)
}
const module = { exports: {} }
preload(sandboxed, module, module.exports)
post({ kind: 'preload-done' })
if (document.readyState === 'complete') post({ kind: 'loaded' })
else window.addEventListener('load', () => post({ kind: 'loaded' }))
