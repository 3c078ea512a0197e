#!/bin/busybox sh
# The first process of a test's virtual machine: mounts what every system has, starts a Docker engine, and then runs what
# the guest agent is asked to. The machine is never shut down; its QEMU is ended.
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/busybox HOME=/root
/bin/busybox mkdir -p /busybox /proc /sys /dev /run /tmp /root
/bin/busybox --install -s /busybox

mount -t proc proc /proc
mount -t sysfs sys /sys
# The kernel may have done this by itself.
mountpoint -q /dev || mount -t devtmpfs dev /dev
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
mount -t cgroup2 cgroup /sys/fs/cgroup
for directory in /dev/shm /run /tmp; do mount -t tmpfs tmpfs "$directory"; done
# Docker shares mounts with its plugins and containers, as on a machine with systemd.
mount --make-rshared /

for module in virtio_pci virtio_console virtio_net virtio_scsi sd_mod overlay bridge veth br_netfilter; do
  modprobe "$module"
done
ip link set lo up
ip address add 10.0.2.15/24 dev eth0
ip link set eth0 up

mkdir -p /var/lib/docker
mount /dev/nvme1n1 /var/lib/docker
dockerd --bridge=none --iptables=false --ip-forward=false --host unix:///run/docker.sock >/run/dockerd.log 2>&1 &

# The path is the first port of the only virtio-serial controller.
while :; do
  qemu-ga --method virtio-serial --path /dev/vport0p1 --statedir /run
  sleep 1
done
