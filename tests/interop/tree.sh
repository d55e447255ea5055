#!/bin/sh
# Prints the path of a tree that holds the real programs of a KIND: the
# servers that letters are sent to, or the callers that send them through
# pneu.  Makes it when it is not there yet (a minute and 350 to 800
# MB each, outside of the checkout).
#
#	tests/interop/tree.sh [servers|callers]
#
# The packages are unpacked, never installed: no script of theirs is run, so
# nothing is started, and nothing on this machine changes.  That is also why
# mail servers, each of which would have the others removed, can share a tree.
# What their scripts would have done and the tests need (users, the linker's
# cache, some links) is done here by hand.
#
# trixie, because Debian 12's OpenSMTPD cannot finish any TLS handshake.
set -eu

suite=trixie
kind=${1:-servers}
case $kind in
servers)
	other=callers
	packages=postfix,dovecot-core,dovecot-submissiond,opensmtpd,ca-certificates
	;;
callers)
	other=servers
	# the last line is what pneu itself needs
	packages=cron,at,git-email,mutt,neomutt,s-nail,bsd-mailx,mailutils,\
php-cli,php-mbstring,php-symfony-mailer,ruby-mail,libmime-lite-perl,\
libemail-sender-perl,nodejs,node-nodemailer,python3,smartmontools,fail2ban,\
emacs-nox,libgnutls30t64,libbsd0
	;;
*)
	echo "tree: servers or callers, not \"$kind\"" >&2
	exit 1
	;;
esac
cache=${XDG_CACHE_HOME:-$HOME/.cache}/pneu-interop
# Another recipe makes another tree.
tree=$cache/$kind-$(cksum <"$0" | tr ' ' '-')

fetch() {
	debootstrap --foreign --variant=minbase --include="$packages" \
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
}

finish_servers() {
	user postfix 901
	echo "postdrop:x:902:" >>"$tree.new/etc/group"
	user dovecot 903
	user dovenull 904
	user opensmtpd 905
	user opensmtpq 906
	user letters 907
}

# carol is who works there.  PAM is not set up, so it lets cron and at
# do what they like.
finish_callers() {
	echo "carol:x:901:901:Carol Smith,,,:/srv/carol:/bin/sh" \
		>>"$tree.new/etc/passwd"
	echo "carol:x:901:" >>"$tree.new/etc/group"
	echo "crontab:x:902:" >>"$tree.new/etc/group"
	mkdir -p "$tree.new/srv/carol" "$tree.new/var/spool/cron/crontabs" \
		"$tree.new/var/spool/cron/atjobs" "$tree.new/var/spool/cron/atspool"
	chown 901:901 "$tree.new/srv/carol"
	chmod 1730 "$tree.new/var/spool/cron/crontabs"
	chown 0:902 "$tree.new/var/spool/cron/crontabs"
	chmod 1770 "$tree.new/var/spool/cron/"at*
	: >"$tree.new/var/spool/cron/atjobs/.SEQ"
	chown -R 1:1 "$tree.new/var/spool/cron/"at*
	for what in cron atd other; do
		printf '%s required pam_permit.so\n' auth account password \
			session >"$tree.new/etc/pam.d/$what"
	done
	# two packages' jobs, which are not the test's
	rm -rf "$tree.new/etc/"cron.*/*
	ln -sf bsd-mailx "$tree.new/usr/bin/mail"
	ln -sf emacs-nox "$tree.new/usr/bin/emacs"
	for php in "$tree.new/usr/bin/"php[0-9]*; do
		ln -sf "${php##*/}" "$tree.new/usr/bin/php"
	done
}

make_tree() {
	trap 'tail -n 20 "$cache/log" >&2' EXIT
	exec >"$cache/log" 2>&1
	find "$cache" -mindepth 1 -maxdepth 1 ! -name lock ! -name log \
		! -name "$other-*" -exec rm -rf {} +
	# a mirror may be in the middle of an update
	fetch || { sleep 10; rm -rf "$tree.new"; fetch; }
	unpack
	users
	"finish_$kind"
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
