/** Docker's multiplexed stream: 8 bytes (stream, 0, 0, 0, big-endian length) before each piece. Stream 1 is stdout, 2 stderr. */
export function stdcopyHeader(stream: 'stdout' | 'stderr', length: number): Buffer {
  const header = Buffer.alloc(8)
  header[0] = stream === 'stdout' ? 1 : 2
  header.writeUInt32BE(length, 4)
  return header
}

export const RAW_STREAM = 'application/vnd.docker.raw-stream'
export const MULTIPLEXED_STREAM = 'application/vnd.docker.multiplexed-stream'

/** Clients before API 1.42 expect the raw type for both. */
export const streamType = (tty: boolean, apiVersion: number): string => (tty || apiVersion < 42 ? RAW_STREAM : MULTIPLEXED_STREAM)
