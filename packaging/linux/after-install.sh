#!/bin/sh
# After the files of the package are there: what running containers without root needs, and what was done about it, said.
# deb calls it with `configure`, rpm with a count. What it makes is written down in $made, for after-remove.sh to undo on purge.
set -eu
case ${1:-configure} in configure | [1-9]) ;; *) exit 0 ;; esac

home=/opt/Slipway
made=/var/lib/slipway-setup
mkdir -p "$made"
# Without a percent sign: in an rpm these are macros (scripts/rpm.mjs).
say() { echo "slipway: $1"; }

# Members may use the engine of root (slipway.socket of the system); it has none.
if ! grep -q '^slipway:' /etc/group; then
  groupadd --system slipway
  touch "$made/group"
fi

# Ranges of subordinate ids for people who have none.
next_id() {
  cat /etc/subuid /etc/subgid 2>/dev/null | awk -F: 'BEGIN { next_free = 100000 } { end = $2 + $3; if (end > next_free) next_free = end } END { print next_free }'
}
touch /etc/subuid /etc/subgid
while IFS=: read -r name password id group rest; do
  { [ "$id" -ge 1000 ] && [ "$id" -lt 60000 ]; } 2>/dev/null || continue
  case $rest in */nologin | */false) continue ;; esac
  grep -q "^\($name\|$id\):" /etc/subuid && grep -q "^\($name\|$id\):" /etc/subgid && continue
  first=$(next_id)
  last=$((first + 65535))
  if usermod --add-subuids "$first-$last" --add-subgids "$first-$last" "$name"; then
    echo "$name $first $last" >>"$made/subids"
    say "$name has the subordinate ids $first to $last now, for containers without root."
  fi
done </etc/passwd

# Ubuntu 24.04 and later keep user namespaces from programs without a profile.
if [ "$(cat /proc/sys/kernel/apparmor_restrict_unprivileged_userns 2>/dev/null || echo 0)" = 1 ] && [ -d /etc/apparmor.d ]; then
  cp /usr/share/slipway/apparmor /etc/apparmor.d/slipway
  touch "$made/apparmor"
  if command -v apparmor_parser >/dev/null && apparmor_parser --replace --skip-cache /etc/apparmor.d/slipway; then
    say 'this machine restricts user namespaces; an AppArmor profile lets Slipway have them.'
  else
    say 'this machine restricts user namespaces, and the AppArmor profile could not be loaded: run `slipway doctor`.'
  fi
elif [ "$(cat /proc/sys/kernel/unprivileged_userns_clone 2>/dev/null || echo 1)" = 0 ]; then
  say 'this kernel gives users no namespaces of their own: run `slipway doctor`.'
fi

# Chromium's own sandbox needs the set-user-id helper where users may not make namespaces.
if [ -e "$home/chrome-sandbox" ]; then
  if unshare --user true 2>/dev/null; then chmod 0755 "$home/chrome-sandbox"; else chmod 4755 "$home/chrome-sandbox"; fi
fi

if [ -d /run/systemd/system ]; then
  systemctl daemon-reload || true
  # After an upgrade: containers go on, and the new engine finds them.
  systemctl try-restart slipway.service || true
fi
if command -v update-mime-database >/dev/null; then update-mime-database /usr/share/mime || true; fi
if command -v update-desktop-database >/dev/null; then update-desktop-database -q /usr/share/applications || true; fi
