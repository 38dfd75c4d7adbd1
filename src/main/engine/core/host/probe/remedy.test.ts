import { expect, test } from 'vitest'
import { parseOsRelease } from './os-release.ts'
import { installCommand } from './remedy.ts'

const release = (text: string) => parseOsRelease(text)

test.each([
  ['Debian', 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"', 'sudo apt-get install -y uidmap nftables crun'],
  ['Mint', 'ID=linuxmint\nID_LIKE="ubuntu debian"', 'sudo apt-get install -y uidmap nftables crun'],
  ['Rocky', 'ID="rocky"\nID_LIKE="rhel centos fedora"', 'sudo dnf install -y shadow-utils nftables crun'],
  ['Arch', "ID=arch\nNAME='Arch Linux'", 'sudo pacman -S --needed --noconfirm shadow nftables crun'],
  ['openSUSE', 'ID="opensuse-tumbleweed"\nID_LIKE="opensuse suse"', 'sudo zypper install -y shadow nftables crun'],
  ['another', 'ID=void', 'Install with your package manager: newuidmap, nft, crun.'],
])('%s is told its own command', (_name, text, command) => {
  expect(installCommand(['newuidmap', 'nft', 'crun'], release(text))).toBe(command)
})

test('os-release in all its quotings', () => {
  expect(parseOsRelease('# a comment\nID=debian\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n\n')).toEqual({ name: 'Debian GNU/Linux 12 (bookworm)', families: ['debian'] })
  expect(parseOsRelease("NAME='Arch Linux'\n")).toEqual({ name: 'Arch Linux', families: [] })
})
