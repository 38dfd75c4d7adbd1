import { randomBytes } from 'node:crypto'
import { EngineError } from '#shared/errors.ts'
import { addressBytes, type Address } from './address.ts'

/** A locally administered unicast address: `02:42:` and the IPv4 address, so that the same address always has the same MAC; random without one. */
export function generateMac(ipv4: Address | undefined): string {
  const bytes = ipv4 ? [0x02, 0x42, ...addressBytes(ipv4)] : [0x02, ...randomBytes(5)]
  return [...bytes].map((octet) => octet.toString(16).padStart(2, '0')).join(':')
}

/** In the kernel's form: lower case, colons. @throws invalid-argument for what no interface may have. */
export function parseMacAddress(text: string): string {
  const mac = text.toLowerCase().replaceAll('-', ':')
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac)) throw new EngineError('invalid-argument', `invalid MAC address: ${text}`, { reason: 'invalid-mac', hint: 'Write six pairs of hexadecimal digits, such as 02:42:ac:11:00:02.' })
  if ((Number.parseInt(mac.slice(0, 2), 16) & 1) === 1 || mac === '00:00:00:00:00:00') throw new EngineError('invalid-argument', `invalid MAC address: ${text} is not the address of one interface`, { reason: 'invalid-mac' })
  return mac
}
