/** dockerfile-ast looks for a byte order mark with Node's Buffer, which a page does not have: this much of it is enough. */
if (!('Buffer' in globalThis)) Object.assign(globalThis, { Buffer: { from: (text: string) => new TextEncoder().encode(text) } })
