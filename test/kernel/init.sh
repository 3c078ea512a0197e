#!/bin/sh
# The first process of a User Mode Linux whose root is this machine's, read-only. Runs one test file and switches off.
# STOWAGE_REPOSITORY, STOWAGE_TEST and STOWAGE_PATTERN come from the kernel's command line.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
for directory in /run /tmp /var/tmp; do mount -t tmpfs tmpfs "$directory"; done
busybox insmod "/usr/lib/uml/modules/$(uname -r)/kernel/drivers/block/loop.ko"
cd "$STOWAGE_REPOSITORY" || exit 1
node_modules/.bin/node --test --test-reporter=tap --test-name-pattern="$STOWAGE_PATTERN" "$STOWAGE_TEST"
echo "test ended with $?"
busybox poweroff -f
