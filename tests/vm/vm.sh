#!/bin/sh
# Runs a command on Debian's stock kernel, in a virtual machine whose root is
# this machine's, read-only under an overlay that is thrown away:
#
#     tests/vm/vm.sh [-m MODULE]... [-n NETDEVS] COMMAND [ARGUMENT...]
#
# Root there, a BPF file system mounted, the environment's FAIRLEAD, SRC, BUILD
# and their like carried over, the working directory kept.  Exits as the
# command does; 77 with a reason where there is no QEMU or no kernel; 124 when
# FAIRLEAD_VM_SECONDS (default 600) are over.  FAIRLEAD_VM_ACCEL: QEMU's -accel,
# where what the processor's flags promise is wrong.
#
# The kernel is what linux-image-amd64 stands for in apt, or FAIRLEAD_VM_KERNEL
# (a package's name, or a .deb), unpacked into FAIRLEAD_VM_DIR (default: vm in
# the build tree) once: about 500 MB.  -n N: so many virtio network devices
# besides lo, wired to each other in pairs (1-2, 3-4).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
vm=${FAIRLEAD_VM_DIR:-${BUILD:-.}/vm}
kernel=${FAIRLEAD_VM_KERNEL:-linux-image-amd64}
seconds=${FAIRLEAD_VM_SECONDS:-600}
# To reach the root with; all else is loaded on demand.
boot_modules="virtio_pci 9pnet_virtio 9p overlay"
more_modules=
netdevs=0

skip() {
	echo "skipped: $*"
	exit 77
}

# The .deb of a package, as its path: of one that only depends on it, the
# other's.
fetch() {
	case $1 in
	*.deb)
		echo "$1"
		return
		;;
	esac
	real=$(apt-cache depends "$1" 2>/dev/null |
	    awk '/^ *Depends: linux-image-/ { print $2; exit }')
	real=${real:-$1}
	(cd "$vm" && apt-get download "$real" >fetch.log 2>&1) || return 1
	find "$vm" -maxdepth 1 -name "${real}_*.deb" | head -n 1
}

# unpack PACKAGE FOLDER: once
unpack() {
	test ! -e "$vm/$2.done" || return 0
	deb=$(fetch "$1") || deb=
	test -n "$deb" || return 1
	rm -rf "${vm:?}/$2"
	dpkg-deb -x "$deb" "$vm/$2" || return 1
	test "$deb" = "$1" || rm -f "$deb"
	: >"$vm/$2.done"
}

# What init loads before it has a root: each with what it depends on, which
# modules.dep names last first.
copy_modules() {
	for module in $boot_modules; do
		awk -F ': *' -v end="/$module.ko" '
		index($1, end) == length($1) - length(end) + 1 {
			n = split($2, needs, " ")
			for (i = n; i > 0; i--)
				print needs[i]
			print $1
		}' "$modules/modules.dep"
	done | awk '!seen[$0]++' >"$work/modules"
	test -s "$work/modules" || return 1
	mkdir -p "$work/root/modules"
	while read -r file; do
		cp "$modules/$file" "$work/root/modules/"
		echo "/modules/${file##*/}" >>"$work/root/order"
	done <"$work/modules"
}

initramfs() {
	for folder in bin new low over proc sys dev; do
		mkdir -p "$work/root/$folder"
	done
	cp "$busybox" "$work/root/bin/busybox"
	cp "$here/init.sh" "$work/root/init"
	chmod 755 "$work/root/init"
	copy_modules || return 1
	(cd "$work/root" && find . | "$busybox" cpio -o -H newc 2>/dev/null) \
	    >"$work/initramfs"
}

quote() {
	printf '%s' "$1" | sed "s/'/'\\\\''/g; 1s/^/'/; \$s/\$/'/"
}

# What is run there, with what it needs to know.
write_job() {
	{
		echo "cd $(quote "$PWD")"
		for name in PATH SRC BUILD srcdir FAIRLEAD FAIRLEAD_BPF_DIR \
		    FAIRLEAD_CAPTURES LC_ALL; do
			value=$(printenv "$name") || continue
			echo "export $name=$(quote "$value")"
		done
		test -z "$more_modules" || echo "modprobe -a $more_modules"
		printf exec
		for word; do
			printf ' %s' "$(quote "$word")"
		done
		echo
	} >"$work/job"
}

netdev_options() {
	i=0
	while test $i -lt "$netdevs"; do
		echo "-netdev hubport,id=n$i,hubid=$((i / 2)) -device" \
		    "virtio-net-pci,netdev=n$i,mac=52:54:00:00:00:0$i"
		i=$((i + 1))
	done
}

# /dev/kvm alone does not say that it works.
accelerator() {
	if grep -q -w -e vmx -e svm /proc/cpuinfo && test -w /dev/kvm; then
		echo kvm
	else
		echo tcg,thread=multi
	fi
}

boot() {
	accel=${FAIRLEAD_VM_ACCEL:-$(accelerator)}
	# shellcheck disable=SC2046 # words
	timeout -k 5 "$seconds" qemu-system-x86_64 -nodefaults -no-user-config \
	    -nographic -no-reboot -accel "$accel" -cpu max -smp 2 -m "${FAIRLEAD_VM_MEMORY:-2048}" \
	    -kernel "$tree/boot/vmlinuz-$release" -initrd "$work/initramfs" \
	    -append "console=ttyS0 quiet panic=-1 vm_dir=$vm vm_job=$work/job" \
	    -fsdev local,id=root,path=/,security_model=none,readonly=on,multidevs=remap \
	    -device virtio-9p-pci,fsdev=root,mount_tag=root \
	    -serial "file:$work/console" -serial stdio \
	    -serial "file:$work/exit" $(netdev_options) </dev/null
}

while getopts m:n: option; do
	case $option in
	m) more_modules="$more_modules $OPTARG" ;;
	n) netdevs=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))
test $# -gt 0 || {
	echo "usage: $0 [-m MODULE]... [-n NETDEVS] COMMAND [ARGUMENT...]" >&2
	exit 2
}

for tool in qemu-system-x86_64 dpkg-deb timeout; do
	command -v $tool >/dev/null || skip "there is no $tool"
done
mkdir -p "$vm"
vm=$(cd "$vm" && pwd)
unpack "$kernel" kernel || skip "no kernel: no package $kernel to be had"
unpack busybox-static busybox || skip "there is no package busybox-static"
busybox=$vm/busybox/bin/busybox
tree=$vm/kernel
release=$(ls "$tree/lib/modules")
modules=$tree/lib/modules/$release
test -s "$modules/modules.dep" || "$busybox" depmod -b "$tree" "$release"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
initramfs || {
	echo "no initramfs"
	exit 1
}
write_job "$@"
status=0
boot | tr -d '\r' || status=$?
code=$(tr -d '\r\n' <"$work/exit" 2>/dev/null) || code=
test -z "$code" || exit "$code"
echo "the machine ended before the command did; its console said:"
tail -n 30 "$work/console"
exit 124
