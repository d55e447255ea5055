# pneu in a mount namespace of its own, with files of the test in the place of
# the system's: names that exist or do not, whom the system trusts.
#
# That takes root, or a kernel that lets users have namespaces.
#
# shellcheck shell=sh
# shellcheck disable=SC2154

# May it be done?  Says how in $apart_how.
can_be_apart() {
	for apart_how in -m -rm; do
		unshare $apart_how true 2>/dev/null && return
	done
	return 1
}

# apart FILE PATH [FILE PATH]...: from here on $PNEU runs with each FILE in the
# place of its PATH.  Both are absolute.
apart() {
	[ "${apart_pneu:-}" ] || apart_pneu=$PNEU
	cat >"$work/apart" <<-END
		#!/bin/sh
		exec unshare $apart_how sh -c 'while [ "\$1" != -- ]; do
			mount --bind "\$1" "\$2" || exit 99
			shift 2
		done
		shift
		exec "\$@"' sh $* -- "$apart_pneu" "\$@"
	END
	chmod 700 "$work/apart"
	PNEU=$work/apart
}

# $PNEU is as it was.
together() {
	PNEU=${apart_pneu:-$PNEU}
}
