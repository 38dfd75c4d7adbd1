#!/bin/sh
# The engine of root ends with its program; containers that it started run on, and are said.
set -eu
case ${1:-remove} in remove | 0) ;; *) exit 0 ;; esac
if [ -d /run/systemd/system ]; then
  systemctl disable --now slipway.socket slipway.service 2>/dev/null || true
fi
if grep -q ' /run/slipway/' /proc/self/mounts; then
  printf 'slipway: containers of root still run; they end with this machine, or when you end their processes.\n'
fi
