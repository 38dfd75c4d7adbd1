import { applyChanges } from './apply-changes.ts'
import { authenticate, inspectDistribution, listTags, searchImages } from './ask-registry.ts'
import type { ImagesContext } from './context.ts'
import { collectOrphans } from './collect.ts'
import { addFiles, addLayer, commitLayer, createImage } from './create.ts'
import type { Images } from './images-service.ts'
import { imageLayers, layerEntries } from './image-layers.ts'
import { manifestsOf } from './image-manifests.ts'
import { importImage } from './import.ts'
import { imageHistory, inspectImage, listImages } from './list.ts'
import { loadImages } from './load.ts'
import { pullImage } from './pull.ts'
import { pushImage } from './push.ts'
import { pruneImages, removeImage, removeUnused } from './remove.ts'
import { ensureImage, findImage, idOf, resolveImage } from './resolve.ts'
import { saveImages } from './save.ts'
import { createServedImages } from './served/served-images.ts'
import { createService } from './service.ts'
import { tagImage } from './tag.ts'

/** The images service: see images-service.ts for its words. */
export function createImages(context: ImagesContext): Images {
  const service = createService(context)
  const { records } = service
  return {
    resolve: (name, platform) => resolveImage(service, name, platform),
    idOf: (name) => idOf(service, name),
    find: (name) => findImage(service, name),
    parentOf: (id) => records.images.find(id)?.parent,
    ensure: (name, options) => ensureImage(service, name, options),
    pull: (name, options) => pullImage(service, name, options),
    push: (name, options) => pushImage(service, name, options),
    list: (options) => listImages(service, options),
    inspect: (name) => inspectImage(service, name),
    history: (name) => imageHistory(service, name),
    manifests: (name) => manifestsOf(service, records.get(name)),
    layers: (name) => imageLayers(service, name),
    layerEntries: (name, index, signal) => layerEntries(service, name, index, signal),
    tag: (source, target) => tagImage(service, source, target),
    remove: (name, options) => removeImage(service, name, options),
    removeUnused: (ids) => removeUnused(service, ids),
    sweep: () => collectOrphans(service, service.unfinishedPulls.wanted()),
    prune: (filters) => pruneImages(service, filters),
    save: (names, options) => saveImages(service, names, options),
    load: (archive, options) => loadImages(service, archive, options),
    import: (source, options) => importImage(service, source, options),
    applyChanges,
    commitLayer: (key, options) => commitLayer(service, key, options),
    addFiles: (files, options) => addFiles(service, files, options),
    addLayer: (archive, options) => addLayer(service, archive, options),
    create: (request) => createImage(service, request),
    search: (term, options) => searchImages(service, term, options),
    tags: (name, options) => listTags(service, name, options),
    distribution: (name, auth, signal) => inspectDistribution(service, name, auth, signal),
    authenticate: (auth, signal) => authenticate(service, auth, signal),
    served: createServedImages(service),
    layersSize: () => records.layers.list().reduce((sum, layer) => sum + layer.contentSize, 0),
    get count() {
      return records.images.size
    },
  }
}
