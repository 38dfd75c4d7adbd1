/**
 * Names in archives and directories are bytes, not text: here they are strings with one character per byte (latin1), so
 * that joining and comparing is cheap and nothing is lost. {@link toPath} makes of one what the file system calls take.
 */
export type BytePath = string

// eslint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/

/** A path for node:fs and the system calls. */
export const toPath = (path: BytePath): string | Buffer => (ASCII.test(path) ? path : Buffer.from(path, 'latin1'))

/** From an ordinary string. */
export const fromText = (text: string): BytePath => (ASCII.test(text) ? text : Buffer.from(text, 'utf8').toString('latin1'))

/** For messages and JSON. */
export const toText = (path: BytePath): string => (ASCII.test(path) ? path : Buffer.from(path, 'latin1').toString('utf8'))
