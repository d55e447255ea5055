# What the tests with real servers and real callers share; to be sourced behind
# tap.sh.
#
# Each test runs in namespaces of its own: the server's ports are on a loopback
# that nobody else sees, its files in an overlay that goes with the test, and
# every process ends when the test does, however it ends.  The programs come
# from tree.sh.  Where this cannot be had the test is skipped and says why.
# shellcheck shell=sh

here=tests/interop

# enter servers|callers: goes on inside; to be called first.
enter() {
	if [ "${INTEROP_TREE:-}" ]; then
		inside
		if [ "$1" = servers ]; then
			for_servers
		fi
		return
	fi
	[ "$(id -u)" = 0 ] || skip_all "this wants root: namespaces, a tree with users"
	for tool in debootstrap unshare ip flock; do
		command -v $tool >/dev/null || skip_all "this wants $tool"
	done
	unshare --mount --net --pid --ipc --uts true 2>/dev/null ||
		skip_all "no namespaces to be had here"
	if ! tree=$($here/tree.sh "$1"); then
		echo "Bail out! the $1 could not be fetched"
		exit 1
	fi
	mkdir -p "$tree.mnt"
	INTEROP_TREE=$tree unshare --mount --net --pid --ipc --uts --mount-proc \
		--fork --kill-child "$0" &
	trap 'kill -9 $! 2>/dev/null' EXIT
	trap 'exit 130' INT TERM HUP
	wait $!
	exit $?
}

# root: the tree, $root/srv the test's own folder in it (/srv to those inside).
inside() {
	work=$INTEROP_TREE.mnt
	ip link set lo up
	echo client.example >/proc/sys/kernel/hostname
	mount -t tmpfs -o mode=755 tmpfs "$work"
	mkdir "$work/upper" "$work/work" "$work/root"
	mount -t overlay overlay -o \
		"lowerdir=$INTEROP_TREE,upperdir=$work/upper,workdir=$work/work" \
		"$work/root"
	root=$work/root
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	srv=$root/srv
	mkdir -p "$srv"
}

for_servers() {
	mkdir -p "$srv/box" "$srv/letters"
	certificates
	letters
	printf 'sesame\n' >"$srv/password"
	printf 'sesam\n' >"$srv/wrong"
	chmod 600 "$srv/password" "$srv/wrong"
}

in_tree() {
	chroot "$root" "$@"
}

# wait_for COMMAND...: until it is true; half a minute is for ever here.
wait_for() {
	tries=0
	until "$@"; do
		tries=$((tries + 1))
		[ $tries -lt 1500 ] || return 1
		sleep 0.02
	done
}

# listening PORT: hexadecimal in the kernel's table.
listening() {
	grep -qi ":$(printf %04x "$1") 00000000:0000 0A" /proc/net/tcp
}

# A throw-away CA, localhost's certificate from it, and a CA that nobody knows.
certificates() {
	# shellcheck disable=SC2016 # the inner shell expands
	in_tree sh -eu -c 'cd /srv
	export OPENSSL_CONF=/srv/openssl.cnf
	printf "%s\n" "[req]" "distinguished_name=dn" "[dn]" \
		"[ca]" "basicConstraints=critical,CA:TRUE" \
		"keyUsage=critical,keyCertSign,cRLSign" \
		"[host]" "basicConstraints=critical,CA:FALSE" \
		"subjectAltName=DNS:localhost,IP:127.0.0.1" >openssl.cnf
	new="req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
	for ca in ca stranger; do
		openssl $new -extensions ca -subj "/CN=$ca" -keyout $ca.key -out $ca.pem
	done
	openssl $new -extensions host -subj /CN=localhost -CA ca.pem -CAkey ca.key \
		-keyout host.key -out host.pem
	cat host.key host.pem >chain.pem
	chmod 600 chain.pem host.key' 2>"$work/openssl.log" ||
		diag "$(cat "$work/openssl.log")"
}

# Letters to send, NAME, and what must arrive, NAME.stored, with LF as servers
# keep them.  Each has Date and Message-ID, so that no server adds one.
letters() {
	for name in plain dots eightbit long crlf unended big; do
		{
			printf '%s\n' "From: Alice <alice@example.org>" \
				"To: b@example.org" "Subject: $name" \
				"Date: Tue, 24 Nov 2026 11:06:23 +0100" \
				"Message-ID: <$name.1@example.org>" \
				"MIME-Version: 1.0" \
				"Content-Type: text/plain; charset=utf-8" \
				"Content-Transfer-Encoding: 8bit" ""
			"body_$name"
		} >"$srv/letters/$name"
		tr -d '\r' <"$srv/letters/$name" >"$srv/letters/$name.stored"
	done
	sed -i 's/$/\r/' "$srv/letters/crlf"
	echo >>"$srv/letters/unended.stored"
}
body_plain() {
	printf '%s\n' Hello, "" "From here: a letter  " "	with blanks."
}
body_dots() {
	printf '%s\n' . .. ... .x ..x "" . "" .
}
body_eightbit() {
	printf '%b\n' 'Gr\0303\0274\0303\0237e, \0342\0202\0254' \
		'\0377\0376\0200 and latin-1: \0344\0366\0374' '.\0303\0251'
}
# The longest lines that RFC 5321 allows: 998 octets.
body_long() {
	for c in . a b; do
		awk -v c=$c 'BEGIN { for (i = 0; i < 998; i++) printf c; print "" }'
	done
}
body_crlf() {
	body_dots
	body_eightbit
}
body_unended() {
	printf 'no line end:'
}
# 20 MB, dots at changing places of any buffer.
body_big() {
	awk 'BEGIN {
		line = "abcdefghijklmnopqrstuvwxyz0123456789+/ABCDEFGHIJ"
		for (i = 0; i < 400000; i++)
			print (i % 3 ? "." : "") substr(line, i % 5) i
	}'
}

# profile NAME LINE...: a configuration file.
profile() {
	profile=$srv/$1.conf
	shift
	printf '%s\n' "host = localhost" "tls-trust = $srv/ca.pem" \
		"user = alice" "password-file = $srv/password" "log = none" \
		"deadline = 60" "$@" >"$profile"
	chmod 600 "$profile"
}

# submit ARGUMENT...: the letter on stdin, by the profile written last.
# Answers with the exit status; what was said is in $srv/said.
submit() {
	"$PNEU" -C "$profile" "$@" >"$srv/said" 2>&1
}

boxes() {
	find "$srv/box" -path '*/new/*' -type f
}
holds() {
	test "$(boxes | wc -l)" -ge "$1"
}

# same COPY LETTER: the copy is the letter, octet by octet, below the trace
# lines that the server put on top.
same() {
	size=$(wc -c <"$2")
	traces=$(($(wc -c <"$1") - size))
	tail -c "$size" "$1" | cmp - "$2" && ! head -c $traces "$1" | grep -avE \
		'^((Return-Path|X-Original-To|Delivered-To|Received):|[[:blank:]])'
}

# arrives LETTER COPIES [ARGUMENT...]: submitted by the profile written last,
# the letter is taken, and all copies are what was sent.
arrives() {
	letter=$srv/letters/$1 copies=$2
	shift 2
	boxes | xargs rm -f
	submit "$@" <"$letter" ||
		{ echo "status $?"; cat "$srv/said"; return 1; }
	if [ -s "$srv/said" ]; then echo "not silent:"; cat "$srv/said"; return 1; fi
	wait_for holds "$copies" || { echo "only $(boxes | wc -l) copies"; return 1; }
	boxes | while read -r copy; do
		same "$copy" "$letter.stored" || return 1
	done || return 1
	test "$(boxes | wc -l)" = "$copies"
}

# refused STATUS WORDS [ARGUMENT...]: the plain letter is not taken, for that
# reason, and nothing arrives.
refused() {
	wanted=$1 words=$2 got=0
	shift 2
	boxes | xargs rm -f
	submit "$@" <"$srv/letters/plain" || got=$?
	cat "$srv/said"
	if [ "$got" != "$wanted" ]; then echo "status $got"; return 1; fi
	grep -qiE "$words" "$srv/said" && ! holds 1
}

# starts NAME LOG: the function NAME starts a server; without one there is
# nothing to test.
starts() {
	if ! "$1"; then
		diag "$(cat "$2")"
		echo "Bail out! $1 does not start"
		exit 1
	fi
}

# postfix_starts SETTINGS <services: a Postfix of these settings (a file) and
# services, which puts every letter into the box of whom it is for.
postfix_starts() {
	mkdir -p "$srv/postfix" "$srv/queue" "$srv/data"
	in_tree chown postfix /srv/data
	in_tree chown letters /srv/box
	cat - "$1" >"$srv/postfix/main.cf" <<'END'
compatibility_level = 3.6
config_directory = /srv/postfix
queue_directory = /srv/queue
data_directory = /srv/data
meta_directory = /etc/postfix
maillog_file = /srv/mail.log
maillog_file_prefixes = /srv
myhostname = localhost
mydestination =
inet_interfaces = loopback-only
inet_protocols = ipv4
alias_maps =
alias_database =
local_recipient_maps =
smtpd_peername_lookup = no
virtual_mailbox_domains = static:all
virtual_mailbox_maps = static:box/
virtual_mailbox_base = /srv
virtual_mailbox_limit = 0
virtual_uid_maps = static:907
virtual_gid_maps = static:907
END
	cat - "$here/postfix.services" >"$srv/postfix/master.cf"
	in_tree postfix -c /srv/postfix start >>"$srv/start.log" 2>&1
}
