import { stringify } from 'yaml'
import type { Manifests } from '#shared/contract/kubernetes.ts'
import { environmentOf } from './environment.ts'
import { podOf } from './pod.ts'
import { remarksOf } from './remarks.ts'
import { portsOf, servicesOf } from './services.ts'
import { claimOf, fileDocuments, storageOf, volumeNamesOf, type Storage } from './storage.ts'
import { labelsOf, nameOf, said, type Workload } from './workload.ts'

/**
 * Workloads as manifests for Kubernetes: a StatefulSet where one has volumes of its own, a Job where it is meant to end, else a Deployment; Services for its
 * ports and its names; a ConfigMap and a Secret for its variables and files; claims for what several share. What a cluster has no words for, or what stays on
 * this machine, is in the remarks. https://kubernetes.io/docs/reference/kubernetes-api/
 */
export function manifestsOf(workloads: readonly Workload[]): Manifests {
  const shared = sharedVolumes(workloads)
  const written = workloads.map((workload) => write(workload, shared))
  const claims = new Map(written.flatMap(({ storage }) => storage.documents.map((claim): [string, object] => [claim, claimOf(claim)])))
  const documents = [...[...claims.values()].map((one) => text(one)), ...written.flatMap(({ documents: own }) => own)]
  return { text: documents.join('---\n'), remarks: workloads.flatMap((workload, index) => remarksOf(workload, written[index]!, shared)) }
}

const text = (one: object, comment = '') => comment + stringify(one, { lineWidth: 0, aliasDuplicateObjects: false })

export interface Written {
  storage: Storage
  secret: string[]
  ports: ReturnType<typeof portsOf>
  job: boolean
}

function write(workload: Workload, shared: ReadonlySet<string>): Written & { documents: string[] } {
  const ports = portsOf(workload.settings)
  // What listens does not end, whatever its policy says.
  const job = workload.ends && ports.length === 0 && !(workload.settings.health && workload.settings.health !== 'none')
  const own = { ...workload, ends: job }
  const storage = storageOf(own, shared)
  const environment = environmentOf(own)
  const running = text(controllerOf(own, storage, podOf(own, storage, environment, ports)), waitsFor(own))
  return { storage, secret: environment.secret, ports, job, documents: [...[...environment.documents, ...fileDocuments(own), ...servicesOf(own, ports, storage.claims.length > 0)].map((one) => text(one)), running] }
}

function controllerOf(workload: Workload, storage: Storage, pod: object): object {
  const { settings, replicas, ends } = workload
  const metadata = { name: nameOf(settings.name), labels: labelsOf(workload) }
  const template = { metadata: said({ labels: labelsOf(workload), annotations: annotationsOf(workload) }), spec: pod }
  if (ends) return { apiVersion: 'batch/v1', kind: 'Job', metadata, spec: { backoffLimit: backoff(workload), template } }
  const kept = storage.claims.length > 0
  return {
    apiVersion: 'apps/v1',
    kind: kept ? 'StatefulSet' : 'Deployment',
    metadata,
    spec: said({ replicas, serviceName: kept ? metadata.name : undefined, selector: { matchLabels: labelsOf(workload) }, template, volumeClaimTemplates: storage.claims }),
  }
}

/** How often it is tried again: as often as Docker would; Docker's "as often as it takes" is the cluster's usual. */
function backoff({ settings }: Workload): number {
  const { Name, MaximumRetryCount = 0 } = settings.host.RestartPolicy ?? {}
  return Name === 'on-failure' ? MaximumRetryCount || 6 : 0
}

/** Docker's labels say things, and so do annotations; labels of a cluster select. */
const annotationsOf = ({ settings }: Workload) => Object.fromEntries(settings.labels.filter(([key]) => /^([a-z0-9]([a-z0-9.-]*[a-z0-9])?\/)?[A-Za-z0-9]([\w.-]{0,61}[A-Za-z0-9])?$/.test(key)))

/** Told, not done: a cluster starts everything at once, and a container that waits would need an image with a shell of its own. */
const conditions: Record<string, string> = { service_healthy: ' is healthy', service_completed_successfully: ' has ended well' }
const waitsFor = ({ dependsOn }: Workload) => dependsOn.map(({ service, condition }) => `# Compose starts this once ${oneLine(service)}${conditions[condition] ?? ' has started'}; here it has to try again until then.\n`).join('')
const oneLine = (words: string) => words.replaceAll(/\s+/g, ' ')

/** Volumes that several workloads, or one that ends, use: these are claims of their own. */
function sharedVolumes(workloads: readonly Workload[]): Set<string> {
  const users = Map.groupBy(workloads.flatMap((workload) => [...new Set(volumeNamesOf(workload.settings))]), (name) => name)
  return new Set([...users].flatMap(([name, some]) => (some.length > 1 ? name : [])))
}
