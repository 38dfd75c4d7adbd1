export type { ServedImages as OciNeeds } from '../../services/images/served/served-images.ts'

/** Who may do what at the registry. */
export interface OciAccess {
  /** @throws unauthorized, forbidden, resource-exhausted (too-many-tries) */
  authorize(authorization: string | undefined, wants: 'pull' | 'push'): Promise<void>
}
