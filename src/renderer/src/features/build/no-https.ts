/** In the place of Node's https, with which the Dockerfile language service would ask Docker Hub for tags: the page speaks to its own main process alone. It offers no tags then. */
export function get(): never {
  throw new Error('The page asks no registry.')
}
