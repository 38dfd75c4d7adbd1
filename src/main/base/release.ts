/**
 * Gives the memory of a chunk back now, which nobody may look at any more: it has no bytes afterwards. V8 frees such memory only as it collects the whole heap, and does that for every 64 MB of it, which was
 * half of what receiving a large file costs. A chunk that shares its memory with others is left alone.
 */
export function release({ buffer, byteLength }: Uint8Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0)
}
