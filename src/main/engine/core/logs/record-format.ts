/** The shim's log record on disk, native/shim/README.md: u32 n, u8 stream, u8 flags, u16 0, u64 time, n bytes, u32 n. Little-endian. */
export const HEADER = 16
export const TRAILER = 4
export const MAX_RECORD = HEADER + 16_384 + TRAILER
export const PARTIAL = 1

/** Length of the whole record at `at`, or 0 when it is not wholly (or not validly) there. */
export function recordLength(bytes: Buffer, at: number, end: number): number {
  if (end - at < HEADER + TRAILER) return 0
  const payload = bytes.readUInt32LE(at)
  const length = HEADER + payload + TRAILER
  if (payload === 0 || length > MAX_RECORD) return 0
  return length <= end - at ? length : 0
}

/** Whether a record that ends at `end` begins at `at`. */
export function isRecord(bytes: Buffer, at: number, end: number): boolean {
  const stream = bytes[at + 4]
  return bytes.readUInt32LE(at) === end - at - HEADER - TRAILER && (stream === 1 || stream === 2) && bytes.readUInt16LE(at + 6) === 0
}
