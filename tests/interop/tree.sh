#!/bin/sh
# Prints the path of a tree that holds the real servers; makes it when it is
# not there yet (about 40 seconds, 350 MB, outside of the checkout).
#
# The packages are unpacked, never installed: no script of theirs is run, so
# nothing is started, and nothing on this machine changes.  That is also why
# two mail servers, each of which would have the other removed, can share a
# tree.  What their scripts would have done and the tests need (users, the
# linker's cache) is done here by hand.
#
# trixie, because Debian 12's OpenSMTPD cannot finish any TLS handshake.
set -eu

suite=trixie
packages=postfix,dovecot-core,opensmtpd,ca-certificates
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pneu-interop
# Another recipe makes another tree.
tree=$cache/$(cksum <"$0" | tr ' ' '-')

fetch() {
	debootstrap --foreign --variant=minbase --include=$packages \
		$suite "$tree.new"
}

unpack() {
	for deb in "$tree.new"/var/cache/apt/archives/*.deb; do
		dpkg-deb --fsys-tarfile "$deb" |
			tar -C "$tree.new" -x --keep-directory-symlink -f -
		rm "$deb"
	done
	rm -rf "$tree.new/debootstrap" "$tree.new/usr/share/doc" \
		"$tree.new/usr/share/locale" "$tree.new/usr/share/man"
}

# user NAME UID: of a group of its own.
user() {
	echo "$1:x:$2:$2::/nonexistent:/usr/sbin/nologin" >>"$tree.new/etc/passwd"
	echo "$1:x:$2:" >>"$tree.new/etc/group"
}

users() {
	cp "$tree.new/usr/share/base-passwd/passwd.master" "$tree.new/etc/passwd"
	cp "$tree.new/usr/share/base-passwd/group.master" "$tree.new/etc/group"
	user postfix 901
	echo "postdrop:x:902:" >>"$tree.new/etc/group"
	user dovecot 903
	user dovenull 904
	user opensmtpd 905
	user opensmtpq 906
	user letters 907
}

make_tree() {
	trap 'tail -n 20 "$cache/log" >&2' EXIT
	exec >"$cache/log" 2>&1
	find "$cache" -mindepth 1 -maxdepth 1 ! -name lock ! -name log \
		-exec rm -rf {} +
	# a mirror may be in the middle of an update
	fetch || { sleep 10; rm -rf "$tree.new"; fetch; }
	unpack
	users
	chroot "$tree.new" ldconfig
	mv "$tree.new" "$tree"
	trap - EXIT
}

mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9
if [ ! -d "$tree" ]; then
	(make_tree)
fi
echo "$tree"
