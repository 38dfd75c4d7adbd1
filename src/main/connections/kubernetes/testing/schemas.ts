import { Deployment } from 'kubernetes-models/apps/v1/Deployment'
import { StatefulSet } from 'kubernetes-models/apps/v1/StatefulSet'
import { Job } from 'kubernetes-models/batch/v1/Job'
import { ConfigMap } from 'kubernetes-models/v1/ConfigMap'
import { PersistentVolumeClaim } from 'kubernetes-models/v1/PersistentVolumeClaim'
import { Secret } from 'kubernetes-models/v1/Secret'
import { Service } from 'kubernetes-models/v1/Service'
import { parseAllDocuments } from 'yaml'

const kinds: Record<string, { new (fields: never): { validate(): void }; apiVersion: string }> = { ConfigMap, Deployment, Job, PersistentVolumeClaim, Secret, Service, StatefulSet }

/** By the schemas that Kubernetes publishes (its OpenAPI). @throws at the first field that is of another kind, missing, or unknown */
export function checkAgainstSchemas(text: string): void {
  for (const document of parseAllDocuments(text)) {
    if (document.errors.length > 0) throw new Error(document.errors.join('\n'))
    const object = document.toJS() as { apiVersion: string; kind: string }
    const Kind = kinds[object.kind]
    if (!Kind || Kind.apiVersion !== object.apiVersion) throw new Error(`${object.apiVersion} ${object.kind} is no kind of object`)
    new Kind(object as never).validate()
  }
}
