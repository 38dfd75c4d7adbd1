import type { BytePath } from './byte-path.ts'

/** Names with which a layer says what is gone: https://github.com/opencontainers/image-spec/blob/main/layer.md#whiteouts */
export const WHITEOUT = '.wh.'
export const OPAQUE = '.wh..wh..opq'
/** aufs kept its own bookkeeping under this prefix; it means nothing to anybody else. */
const AUFS = '.wh..wh.'

/** A whiteout, or the bookkeeping of aufs. */
export const isWhiteoutName = (path: BytePath): boolean => path.slice(path.lastIndexOf('/') + 1).startsWith(WHITEOUT)
export const isAufs = (path: BytePath): boolean => path.includes(AUFS) && !path.endsWith(OPAQUE)
