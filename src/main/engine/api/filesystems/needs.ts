import type { Filesystems } from '../../services/filesystems/filesystems.ts'

/** What the endpoints of a container's files as a whole require; the service fits as it is. */
export type FilesystemsApiNeeds = Filesystems
