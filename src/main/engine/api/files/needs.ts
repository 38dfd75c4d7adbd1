import type { Files } from '../../services/files/files.ts'

export type FilesApiNeeds = Files
