import type { Images } from '../../services/images/images-service.ts'

export type DistributionApiNeeds = Pick<Images, 'distribution'>
