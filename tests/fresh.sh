#!/bin/sh
# Does README tell the truth to somebody whose machine has nothing?  Makes a
# bare Debian, gives it a checkout of HEAD, and runs README's lines for the
# demonstration and for the tests there, word for word: once as root, once as
# an ordinary user with sudo.  Each must end well and leave nothing running.
# Wants root and debootstrap; nothing on this machine changes.
set -eu
cd "$(dirname "$0")/.."
suite=${SUITE:-bookworm}

if [ "$(id -u)" != 0 ]; then
	echo "fresh: this wants root" >&2
	exit 1
fi

cache=${XDG_CACHE_HOME:-$HOME/.cache}/pneu-fresh
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The bare tree is made once and kept; each try gets a copy.
bare() {
	if [ ! -f "$cache/$suite.tar" ]; then
		mkdir -p "$cache"
		debootstrap --variant=minbase "$suite" "$tmp/bare" >"$tmp/log" 2>&1 ||
			{ tail -n 20 "$tmp/log"; return 1; }
		tar -C "$tmp/bare" -cf "$tmp/bare.tar" .
		mv "$tmp/bare.tar" "$cache/$suite.tar"
		rm -rf "$tmp/bare"
	fi
}

# README's line that ends in "make $1".
line() {
	grep -E "^[[:space:]]+.*make $1\$" README | head -n 1 |
		sed 's/^[[:space:]$]*//'
}

# Runs the command $3 as user $2 in a copy of the bare tree, in namespaces of
# its own: what it leaves running can be counted, and ends with it.
try() {
	what=$1 user=$2 command=$3 tree=$tmp/$1-$2
	mkdir "$tree"
	tar -C "$tree" -xf "$cache/$suite.tar"
	cp /etc/resolv.conf "$tree/etc/" 2>/dev/null || :
	printf '%s\n' "127.0.0.1 localhost" "::1 localhost" \
		"127.0.1.1 $(hostname)" >"$tree/etc/hosts"
	mkdir -p "$tree/srv/pneu"
	git archive HEAD | tar -C "$tree/srv/pneu" -xf -
	cat >"$tree/srv/try" <<END
#!/bin/sh
set -eu
mount -t proc proc /proc
mount -t devpts devpts /dev/pts
if [ $user != root ]; then
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends sudo >/dev/null 2>&1
	useradd -m -s /bin/sh $user
	echo '$user ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/$user
	chown -R $user /srv/pneu
fi
su $user -c 'cd /srv/pneu && $command' </dev/null
left=
for p in /proc/[0-9]*; do
	[ \$p = /proc/1 ] || left="\$left\$(tr '\\0' ' ' <\$p/cmdline)"
done 2>/dev/null
if [ "\$left" ]; then
	echo "fresh: left running: \$left"
	exit 1
fi
END
	echo "-- make $what as $user"
	# A person's machine is not CI: what needs a shell that is not there is
	# left out.
	env -u CI unshare --mount --pid --ipc --fork --kill-child \
		chroot "$tree" sh /srv/try || return 1
	rm -rf "$tree"
}

bare
for what in demo check; do
	command=$(line "$what")
	if [ -z "$command" ]; then
		echo "fresh: README has no line for make $what" >&2
		exit 1
	fi
	try "$what" somebody "$command"
	# root has no sudo there, and README says to leave it out
	try "$what" root "$(echo "$command" | sed 's/sudo //g')"
done
echo "fresh: README's lines work on a bare $suite"
