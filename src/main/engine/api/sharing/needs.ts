export type { Sharing as SharingApiNeeds } from '../../services/sharing/sharing.ts'
