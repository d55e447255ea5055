#!/bin/sh
# Installs what is missing to build pneu (build), to run its tests (check), to
# run those that are skipped where another program is not there (more), or to
# work on it as CI does (lint, interop), and says what it does.
#
#	tests/deps.sh [-n] [-v] GROUP...
#
# -n only says what is missing (status 1 then); -v says so too when nothing is.
# Whether something is there is asked of the machine itself (does the compiler
# link? does pkg-config know the library?), never of the package manager, so
# nothing is installed, and neither root nor a network is needed, where the
# tools are there already, however they came.
#
# No mail server is among them, and none may come in their train: a person's
# machine keeps the mail system that it has.
set -eu

# group | what | how to see that it is there | Debian and Ubuntu | Fedora |
# Alpine | Arch.  Tried on Debian and Ubuntu; the others' names are from their
# package lists.
table() {
	cat <<'END'
build|a C compiler|links|gcc libc6-dev|gcc glibc-devel|gcc musl-dev|gcc
build|make|tool make|make|make|make|make
build|pkg-config|tool pkg-config|pkg-config|pkgconf-pkg-config|pkgconf|pkgconf
build|GnuTLS|library gnutls|libgnutls28-dev|gnutls-devel|gnutls-dev|gnutls
build|libbsd|library libbsd|libbsd-dev|libbsd-devel|libbsd-dev|libbsd
check|cmocka|library cmocka|libcmocka-dev|libcmocka-devel|cmocka-dev|cmocka
check|prove|tool prove|perl|perl-Test-Harness|perl-utils|perl
check|authorities|trusts|ca-certificates|ca-certificates|ca-certificates|ca-certificates
check|strace|tool strace|strace|strace|strace|strace
check|Python|tool python3|python3|python3|python3|python
check|OpenSSL|tool openssl|openssl|openssl|openssl|openssl
check|curl|tool curl|curl|curl|curl|curl
more|zsh|tool zsh|zsh|zsh|zsh|zsh
more|fish|tool fish|fish|fish|fish|fish
lint|clang|tool clang|clang|clang|clang|clang
lint|clang's run-time libraries|sanitizes|libclang-rt-dev|compiler-rt|compiler-rt|compiler-rt
lint|clang-tidy|tool clang-tidy|clang-tidy|clang-tools-extra|clang-extra-tools|clang
lint|cppcheck|tool cppcheck|cppcheck|cppcheck|cppcheck|cppcheck
lint|shellcheck|tool shellcheck|shellcheck|ShellCheck|shellcheck|shellcheck
lint|mandoc|tool mandoc|mandoc|mandoc|mandoc|mandoc
interop|debootstrap|tool debootstrap|debootstrap|debootstrap|debootstrap|debootstrap
interop|iproute2|tool ip|iproute2|iproute|iproute2|iproute2
END
}

tool() {
	command -v "$1" >/dev/null
}
library() {
	tool pkg-config && pkg-config --exists "$1"
}
links() {
	echo 'int main(void) { return 0; }' |
		"${CC:-cc}" -x c -o /dev/null - 2>/dev/null
}
trusts() {
	for store in /etc/ssl/certs/ca-certificates.crt \
	    /etc/pki/tls/certs/ca-bundle.crt /etc/ssl/cert.pem; do
		if [ -s $store ]; then return; fi
	done
	return 1
}
sanitizes() {
	echo 'int main(void) { return 0; }' |
		clang -fsanitize=address -x c -o /dev/null - 2>/dev/null
}

say() {
	echo "deps: $*"
}

# Which list of names is for this machine; Debian's where none is.
column() {
	case $manager in
	dnf) echo 2 ;;
	apk) echo 3 ;;
	pacman) echo 4 ;;
	*) echo 1 ;;
	esac
}

# Runs a command as root, saying so.
as_root() {
	say "running: $SUDO$*" >&2
	# shellcheck disable=SC2086 # no word at all, or one
	$SUDO "$@" </dev/null
}

# A mirror may be in the middle of an update: asked again before giving up.
# What dpkg tells of each package is left out; what goes wrong is on stderr.
install_debian() {
	for try in 1 2 3; do
		as_root apt-get update -qq &&
		as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
			--no-install-recommends --no-remove \
			-o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" \
			>/dev/null && return
		say "try $try of 3 failed"
	done
	return 1
}

only_ask=
verbose=
groups=
for arg; do
	case $arg in
	-n) only_ask=yes ;;
	-v) verbose=yes ;;
	*) groups="$groups $arg " ;;
	esac
done

manager=
for tool in apt-get dnf apk pacman; do
	if tool $tool; then manager=$tool; break; fi
done

missing=
packages=
while IFS='|' read -r group what probe names; do
	case $groups in *" $group "*) ;; *) continue ;; esac
	# shellcheck disable=SC2086 # a probe and its argument
	if $probe; then continue; fi
	missing="$missing${missing:+, }$what"
	packages="$packages $(echo "$names" | cut -d'|' -f"$(column)")"
done <<END
$(table)
END

if [ -z "$missing" ]; then
	if [ "$verbose" ]; then say "nothing is missing"; fi
	exit 0
fi
say "missing: $missing"
if [ "$only_ask" ]; then
	exit 1
fi

SUDO=
if [ "$(id -u)" != 0 ]; then
	SUDO="sudo "
	if ! tool sudo; then
		say "neither root nor sudo here; as root, install:$packages"
		exit 1
	fi
fi
# shellcheck disable=SC2086 # a list of packages
case $manager in
apt-get) install_debian $packages ;;
dnf) as_root dnf install -y $packages ;;
apk) as_root apk add $packages ;;
pacman) as_root pacman -S --needed --noconfirm $packages ;;
*)
	say "no package manager that this script knows; Debian's names:$packages"
	exit 1
	;;
esac
