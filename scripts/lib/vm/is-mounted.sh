#!/bin/busybox sh
# is-mounted SERIAL: ends with 0 when any process, whatever mounts it sees, has the disk of this serial mounted.
for directory in /sys/block/*; do
  grep -qsF "$1" "$directory/device/serial" "$directory/device/vpd_pg80" || continue
  device=$(cat "$directory/dev") || continue
  grep -qsF " $device " /proc/[0-9]*/mountinfo && exit 0
done
exit 1
