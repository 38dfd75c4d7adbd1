import type { Images } from '../../services/images/images-service.ts'

/** What Docker's image endpoints require. */
export type ImagesApiNeeds = Pick<Images, 'list' | 'inspect' | 'history' | 'layers' | 'layerEntries' | 'pull' | 'push' | 'tag' | 'remove' | 'prune' | 'save' | 'load' | 'manifests' | 'import' | 'search' | 'tags'>
