#!/bin/sh
# Removal leaves what people made and what was set up for them. Purging asks nothing and undoes what after-install.sh did; nobody's home is touched.
set -eu
made=/var/lib/slipway-setup

# Every system has it (base-files), but dpkg takes it along with the last package that was in it.
mkdir -p /opt

if [ -d /run/systemd/system ]; then systemctl daemon-reload || true; fi
if command -v update-mime-database >/dev/null; then update-mime-database /usr/share/mime || true; fi
if command -v update-desktop-database >/dev/null; then update-desktop-database -q /usr/share/applications || true; fi
[ "${1:-}" = purge ] || exit 0

if [ -e "$made/subids" ]; then
  while read -r name first last; do
    usermod --del-subuids "$first-$last" --del-subgids "$first-$last" "$name" 2>/dev/null || true
  done <"$made/subids"
fi
if [ -e "$made/apparmor" ]; then
  if command -v apparmor_parser >/dev/null; then apparmor_parser --remove /etc/apparmor.d/slipway 2>/dev/null || true; fi
  rm -f /etc/apparmor.d/slipway
fi
if [ -e "$made/group" ]; then groupdel slipway 2>/dev/null || true; fi
rm -rf "$made"

# What the engine of root kept. Not below a mount: something still runs there.
if grep -q -e ' /var/lib/slipway/' -e ' /run/slipway/' /proc/self/mounts; then
  printf 'slipway: containers of root still run, so /var/lib/slipway is left; remove it once they have ended.\n'
else
  rm -rf --one-file-system /var/lib/slipway /run/slipway
fi
