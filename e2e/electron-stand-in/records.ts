/** Everything that was asked of the desktop, in order: `[what, ...arguments]`. */
export const records: unknown[][] = []

export const record = (what: string, ...details: unknown[]): void => void records.push([what, ...details])
