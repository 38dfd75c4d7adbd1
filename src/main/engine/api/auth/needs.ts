import type { Images } from '../../services/images/images-service.ts'

export type AuthApiNeeds = Pick<Images, 'authenticate'>
