/** The namespaces that RootlessKit's child holds. */
export interface RootlessNamespaces {
  /** RootlessKit's child; its user and mount namespaces are the engine's. */
  childPid: number
  /** Network namespace in which bridges live. */
  networkNamespace: string
  /** RootlessKit's API. */
  apiSocket: string
  /** DNS servers inside; undefined without egress. */
  resolvers: readonly string[] | undefined
}
