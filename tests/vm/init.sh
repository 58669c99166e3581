#!/bin/busybox sh
# shellcheck shell=dash
# The virtual machine's first process (vm): finds its root, runs the job,
# writes its exit code to the third serial port, and turns the machine off.
PATH=/bin
/bin/busybox --install -s /bin

off() {
	sync
	mount -t proc proc /proc 2>/dev/null
	echo o >/proc/sysrq-trigger
	sleep 60
}

mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
echo 1 >/proc/sys/kernel/sysrq

read -r words </proc/cmdline
for word in $words; do
	case $word in
	vm_dir=*) vm=${word#*=} ;;
	vm_job=*) job=${word#*=} ;;
	esac
done
while read -r module; do
	insmod "$module" || echo "insmod $module"
done </order

mount -t 9p -o trans=virtio,version=9p2000.L,msize=524288,cache=loose,ro \
    root /low || off
mount -t tmpfs over /over || off
mkdir /over/up /over/work
mount -t overlay -o lowerdir=/low,upperdir=/over/up,workdir=/over/work \
    root /new || off
for fs in proc sys dev; do
	mount --move /$fs /new/$fs
done
mount -t tmpfs run /new/run
mount -t tmpfs shm /new/dev/shm 2>/dev/null
mkdir -p /new/lib/modules
# The kernel asks for modules from outside the root that we make; so may a job.
cat >/bin/module <<END
#!/bin/busybox sh
# shellcheck shell=dash
exec chroot /new /sbin/modprobe "\$@"
END
chmod 755 /bin/module
echo /bin/module >/new/proc/sys/kernel/modprobe
test -x /new/sbin/modprobe || cp /bin/busybox /new/sbin/modprobe
mount --bind "/new$vm/kernel/lib/modules" /new/lib/modules
# No switch_root, which needs to be told what to do with its old root: the job
# is this one's child, in a root of its own.
exec >/new/dev/ttyS1 2>&1 </dev/null
# shellcheck disable=SC2016 # for that shell to expand
chroot /new /bin/sh -c '
	mount -t bpf bpf /sys/fs/bpf
	mount -t tracefs trace /sys/kernel/tracing
	mount -t devpts devpts /dev/pts 2>/dev/null
	ip link set lo up
	exec /bin/sh "$1"' sh "$job"
code=$?
echo $code >/new/dev/ttyS2
off
