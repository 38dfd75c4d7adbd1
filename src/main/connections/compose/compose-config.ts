/** What is used of `docker compose config --format json`: the file with every short form written out. https://github.com/compose-spec/compose-spec/blob/main/spec.md */
export interface ComposeConfig {
  name: string
  services?: Record<string, ComposeConfigService> | null
  networks?: Record<string, { name: string; external?: boolean; driver?: string; internal?: boolean; attachable?: boolean; driver_opts?: Record<string, string> | null } | null> | null
  volumes?: Record<string, { name: string } | null> | null
  secrets?: Record<string, ComposeConfigFile | null> | null
  configs?: Record<string, ComposeConfigFile | null> | null
}
export interface ComposeConfigFile {
  name?: string
  file?: string
  environment?: string
  content?: string
  external?: boolean
}
interface Resources {
  cpus?: string | number
  memory?: string | number
  pids?: number
}
interface Rules {
  parallelism?: number
  delay?: string
  failure_action?: string
  order?: string
}
export interface ComposeConfigService {
  image?: string
  build?: object
  command?: string[] | null
  entrypoint?: string[] | null
  environment?: Record<string, string | null> | null
  ports?: { mode?: string; target: number; published?: string; protocol?: string; host_ip?: string }[] | null
  networks?: Record<string, { aliases?: string[] | null } | null> | null
  volumes?: { type: string; source?: string; target: string; read_only?: boolean }[] | null
  tmpfs?: string[] | string | null
  secrets?: { source: string; target?: string }[] | null
  configs?: { source: string; target?: string }[] | null
  healthcheck?: { test?: string[]; interval?: string; timeout?: string; start_period?: string; retries?: number; disable?: boolean } | null
  hostname?: string
  user?: string
  working_dir?: string
  tty?: boolean
  init?: boolean
  read_only?: boolean
  cap_add?: string[] | null
  cap_drop?: string[] | null
  extra_hosts?: string[] | null
  dns?: string[] | null
  dns_search?: string[] | null
  sysctls?: Record<string, string | number> | null
  ulimits?: Record<string, number | { soft: number; hard: number }> | null
  group_add?: string[] | null
  stop_signal?: string
  stop_grace_period?: string
  logging?: { driver?: string; options?: Record<string, string> | null } | null
  labels?: Record<string, string> | null
  restart?: string
  mem_limit?: string | number
  cpus?: string | number
  pids_limit?: number
  deploy?: {
    mode?: string
    replicas?: number
    labels?: Record<string, string> | null
    endpoint_mode?: string
    resources?: { limits?: Resources; reservations?: Resources }
    restart_policy?: { condition?: string; max_attempts?: number }
    placement?: { constraints?: string[] | null; preferences?: { spread?: string }[] | null; max_replicas_per_node?: number }
    update_config?: Rules
    rollback_config?: Rules
  } | null
  [other: string]: unknown
}
