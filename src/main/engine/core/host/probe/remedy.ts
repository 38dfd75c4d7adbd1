import packages from './packages.json' with { type: 'json' }
import { readOsRelease, type OsRelease } from './os-release.ts'

type PackageManager = 'apt' | 'dnf' | 'pacman' | 'zypper'
/** A program whose package is known in the four big families: see packages.json, where a missing entry means that the package has the program's name. */
export type PackagedProgram = keyof typeof packages

const INSTALL: Record<PackageManager, string> = {
  apt: 'sudo apt-get install -y',
  dnf: 'sudo dnf install -y',
  pacman: 'sudo pacman -S --needed --noconfirm',
  zypper: 'sudo zypper install -y',
}
const FAMILIES: Record<string, PackageManager> = {
  debian: 'apt',
  ubuntu: 'apt',
  fedora: 'dnf',
  rhel: 'dnf',
  centos: 'dnf',
  arch: 'pacman',
  suse: 'zypper',
  opensuse: 'zypper',
}

/** Which package manager the machine has, by its os-release. */
export function packageManagerOf(release: OsRelease): PackageManager | undefined {
  const family = release.families.find((name) => name in FAMILIES)
  return family === undefined ? undefined : FAMILIES[family]
}

/** The command that installs these programs on this machine. */
export function installCommand(programs: readonly PackagedProgram[], release: OsRelease = readOsRelease()): string {
  const packageManager = packageManagerOf(release)
  if (packageManager === undefined) return `Install with your package manager: ${programs.join(', ')}.`
  const names = programs.map((program) => (packages as Record<string, Partial<Record<PackageManager, string>>>)[program]?.[packageManager] ?? program)
  return `${INSTALL[packageManager]} ${names.join(' ')}`
}
