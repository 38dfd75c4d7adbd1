import type { ChainId, ImageId } from '#shared/oci/digest.ts'
import type { ContainerDefaults, ImageConfig } from '#shared/oci/image-config.ts'
import { DEFAULT_SHELL, environmentOf, type Variables } from '../../core/dockerfile/dockerfile.ts'
import type { BaseImage } from './needs.ts'

/** A stage after some step. Values are replaced, never changed. */
export interface StageState {
  /** Undefined on scratch, before the first step. */
  image: ImageId | undefined
  chain: ChainId | undefined
  config: ImageConfig
  /** ARGs in scope with their values; undefined: declared without one. */
  args: ReadonlyMap<string, string | undefined>
  /** Names of predefined proxy arguments that an ARG of this stage names. */
  declaredProxies?: ReadonlySet<string>
  /** What its FROM gave: --squash merges what came after. */
  from?: { image: ImageId; chain: ChainId | undefined; config: ImageConfig }
  /** CMD was set by this stage, so an ENTRYPOINT does not reset it. */
  commandSet: boolean
}

export const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export const scratchState = (platform: { os: string; architecture: string; variant?: string }): StageState => ({
  image: undefined,
  chain: undefined,
  config: { architecture: platform.architecture, os: platform.os, ...(platform.variant ? { variant: platform.variant } : {}), config: { Env: [`PATH=${DEFAULT_PATH}`] }, rootfs: { type: 'layers', diff_ids: [] }, history: [] },
  args: new Map(),
  commandSet: false,
})

export const baseState = (image: BaseImage): StageState => ({ image: image.id, chain: image.chain, config: image.config, from: { image: image.id, chain: image.chain, config: image.config }, args: new Map(), commandSet: false })

export const defaults = (state: StageState): ContainerDefaults => state.config.config ?? {}
export const withDefaults = (state: StageState, change: Partial<ContainerDefaults>): StageState => ({ ...state, config: { ...state.config, config: { ...defaults(state), ...change } } })
export const shellOf = (state: StageState): readonly string[] => defaults(state).Shell ?? DEFAULT_SHELL
export const workingDirectory = (state: StageState): string => defaults(state).WorkingDir || '/'

/** ENV wins over ARG of the same name. */
export function variablesOf(state: StageState): Variables {
  let env: ReadonlyMap<string, string> | undefined
  return (name) => (env ??= environmentOf(defaults(state))).get(name) ?? state.args.get(name)
}

/** How history tells a step without a command: `/bin/sh -c #(nop) `, then what it did. */
export const noCommand = (state: StageState): string => `${shellOf(state).join(' ')} #(nop) `
