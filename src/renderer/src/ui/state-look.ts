/** The shapes a state can take on screen; features map their state unions onto these. */
export type StateLook = 'running' | 'paused' | 'starting' | 'exited' | 'created' | 'failed' | 'unhealthy'
