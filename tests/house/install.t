#!/bin/sh
# What make install puts where, and that make uninstall takes all of it away.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh

dest=$(mktemp -d) && trap 'rm -rf "$dest"' EXIT

# Variables such as SAN=1 reach this make by its environment.
make_dest() {
	make -s "$@" DESTDIR="$dest" PREFIX=/opt/pneu
}
installed() {
	(cd "$dest" && find . -type f -printf '%m %P\n' | sort -k 2)
}

ok "make install" make_dest install
ok "the program, its pages and completions are in their places" \
	test "$(installed)" = "755 opt/pneu/bin/pneu
644 opt/pneu/share/bash-completion/completions/pneu
644 opt/pneu/share/fish/vendor_completions.d/pneu.fish
644 opt/pneu/share/man/man1/pneu.1
644 opt/pneu/share/man/man5/pneu.conf.5
644 opt/pneu/share/zsh/site-functions/_pneu"
ok "what is installed runs" "$dest/opt/pneu/bin/pneu" --version
ok "make install-links" make_dest install-links
links() {
	(cd "$dest" && find . -type l -printf '%P %l\n' | sort)
}
linked="usr/bin/mailq /opt/pneu/bin/pneu
usr/bin/newaliases /opt/pneu/bin/pneu
usr/lib/sendmail /opt/pneu/bin/pneu
usr/sbin/sendmail /opt/pneu/bin/pneu"
ok "the names that callers know lead to it" test "$(links)" = "$linked"
ok "make install-links again" make_dest install-links
rm "$dest/usr/bin/mailq"
echo theirs >"$dest/usr/bin/mailq"
refused() {
	! make_dest install-links 2>/dev/null
}
ok "make install-links refuses where another mail system is" refused
ok "make uninstall" make_dest uninstall
ok "what is not ours stays" test "$(cat "$dest/usr/bin/mailq")" = theirs
empty "no link is left" "$(links)"
rm -r "${dest:?}/usr"
empty "nothing is left" "$(installed)"

done_testing
