/**
 * Extended attributes that travel in layers. Capabilities and the user's own do; what an overlay keeps its bookkeeping in must not, since a
 * layer could then redirect one directory to another (https://docs.kernel.org/filesystems/overlayfs.html), nor what a security module of this host decides.
 */
export function isKeptXattr(name: string): boolean {
  if (name === 'security.capability' || name.startsWith('system.posix_acl_')) return true
  return name.startsWith('user.') && !/^user\.(overlay|fuseoverlayfs|containers|rootlesscontainers)\./.test(name)
}
