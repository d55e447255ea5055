# What the tests of the command line share: TAP, the smarthost, pneu.
#
# A test is a POSIX shell script run by prove; it looks like this:
#
#	. "${0%/*}/lib.sh"
#
#	smarthost_start --starttls
#	configure starttls
#	pneu_run b@example.org <"$letter"
#	is "$status" 0 'the letter is taken'
#	same "$work/crlf" "$(stored 1)" 'as it was'
#	done_testing
#
# and needs PNEU and SMARTHOST in the environment: absolute paths of the two
# programs.  Everything it makes is below $work, which goes away with it, as
# does the smarthost.  Nothing waits by sleeping: the smarthost says when it is
# ready through a FIFO, and has stored and reported a letter before it answers.
#
# shellcheck shell=sh
# shellcheck disable=SC2034 # variables here are for those who source it

set -u
umask 077
: "${PNEU:?is the program to test}" "${SMARTHOST:?is the server to test it with}"

# shellcheck source=tests/lib/tap.sh
. "${0%/*}/../lib/tap.sh"

work=$(mktemp -d "${TMPDIR:-/tmp}/pneu-test.XXXXXX") || exit 99
host_pid='' host_dir=$work/host
host_starttls='' host_implicit='' host_plain='' host_unix=''
status='' out=$work/out err=$work/err
letter=$work/letter # a short one, with LF line ends

# The caller's own settings are not the test's.
for lib_name in $(env | sed -n 's/^\(PNEU_[A-Z_]*\)=.*/\1/p') XDG_CONFIG_HOME \
    XDG_CONFIG_DIRS XDG_RUNTIME_DIR SSLKEYLOGFILE MAIL EMAIL NAME; do
	unset "$lib_name"
done
mkdir "$work/home"
HOME=$work/home LC_ALL=C TZ=UTC
export HOME LC_ALL TZ

lib_clean() {
	[ -z "$host_pid" ] || kill "$host_pid" 2>/dev/null
	rm -rf "$work"
}
trap lib_clean EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 141' PIPE
trap 'exit 143' TERM

# --- TAP: ok, diag, skip_all and done_testing are tests/lib/tap.sh's ---------

lib_is() {
	[ "$1" = "$2" ] || {
		printf "got      '%s'\nexpected '%s'\n" "$1" "$2"
		false
	}
}

lib_like() {
	# shellcheck disable=SC2254 # it is meant as a pattern
	case $1 in
	$2) ;;
	*)
		printf "got         '%s'\nthat is not '%s'\n" "$1" "$2"
		false
		;;
	esac
}

lib_unlike() {
	# shellcheck disable=SC2254
	case $1 in
	$2)
		printf "got     '%s'\nthat is '%s'\n" "$1" "$2"
		false
		;;
	esac
}

# is GOT EXPECTED NAME
is() {
	ok "$3" lib_is "$1" "$2"
}

# like TEXT PATTERN NAME: PATTERN is a shell pattern for the whole text.
like() {
	ok "$3" lib_like "$1" "$2"
}

unlike() {
	ok "$3" lib_unlike "$1" "$2"
}

# same FILE FILE NAME: the same octets.
same() {
	ok "$3" cmp "$1" "$2"
}

# skip WHY NAME
skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count - $2 # SKIP $1"
}

# --- the smarthost ---------------------------------------------------------

# smarthost_start OPTIONS: listeners and policies as smarthost --help has them.
# Sets host_starttls, host_implicit, host_plain (ADDRESS:PORT) and host_unix (a
# path), or with --talk what pneu's status must be (host_status) or why the talk
# is not served (host_skip); letters and report are below host_dir, and remain
# over a restart.
smarthost_start() {
	[ -z "$host_pid" ] || smarthost_stop
	host_starttls='' host_implicit='' host_plain='' host_unix=''
	host_status='' host_skip='' lib_ready=no
	lib_fifo=$host_dir.ready
	rm -f "$lib_fifo"
	mkfifo "$lib_fifo"
	"$SMARTHOST" --dir "$host_dir" --with-parent "$@" >"$lib_fifo" &
	host_pid=$!
	while IFS='=' read -r lib_key lib_value; do
		case $lib_key in
		starttls) host_starttls=$lib_value ;;
		implicit) host_implicit=$lib_value ;;
		plain) host_plain=$lib_value ;;
		unix) host_unix=$lib_value ;;
		status) host_status=$lib_value ;;
		skip) host_skip=$lib_value ;;
		ready)
			lib_ready=yes
			break
			;;
		esac
	done <"$lib_fifo"
	[ $lib_ready = yes ] && return
	echo "Bail out! the smarthost does not start: $*"
	exit 99
}

# Ends it, letters and report remain.
smarthost_stop() {
	kill "$host_pid" 2>/dev/null
	wait "$host_pid" 2>/dev/null
	host_pid=''
}

# Waits until it ends by itself (--sessions, --talk): its status.  What it
# reports of a session's end is then complete.
smarthost_wait() {
	wait "$host_pid"
	lib_status=$?
	host_pid=''
	return $lib_status
}

# Forgets letters, envelopes and report.
smarthost_forget() {
	rm -rf "$host_dir/new" "$host_dir/envelope" "$host_dir/report"
	mkdir "$host_dir/new" "$host_dir/envelope"
}

# The path of the letter that was stored as number N.
stored() {
	echo "$host_dir/new/$1"
}

# How many there are.
stored_count() {
	find "$host_dir/new" -type f | wc -l | tr -d ' '
}

# envelope N: all of it.  envelope N KEY: the value of KEY (session listener
# peer tls cipher sni auth authorization mechanism way octets sha256 longest bare-cr
# bare-lf nul 8bit).
envelope() {
	if [ $# -eq 1 ]; then
		cat "$host_dir/envelope/$1"
	else
		sed -n "s/^$2=//p" "$host_dir/envelope/$1"
	fi
}

# The MAIL and RCPT lines of letter N.
envelope_lines() {
	grep -i -e '^MAIL FROM:' -e '^RCPT TO:' "$host_dir/envelope/$1"
}

lib_verdict() {
	sed -n "s/^letter=$1 .*$2=\\(.*\\)/\\1/p" "$host_dir/report"
}

# How many flights letter N cost from the TCP handshake (or the verdict before
# it) to its verdict; letter 0 is one that was refused at its end.
flights() {
	lib_verdict "$1" flights | sed 's/ .*//'
}

# The verbs in each of them.
way() {
	lib_verdict "$1" way
}

# What the clients did that the RFCs forbid.
faults() {
	grep -s '^fault ' "$host_dir/report"
}

# The line of session N's end.
session() {
	grep -s "^session=$1 " "$host_dir/report"
}

# --- pneu ------------------------------------------------------------------

# A line "key = value" of the configuration, unless the test has its own.
lib_default() {
	sed '/^\[/,$d' "$work/own.conf" | grep -q "^-*$1\( *=\|\$\)" ||
		printf '%s = %s\n' "$1" "$2"
}

lib_configuration() {
	case $1 in
	unix) lib_default host "$host_unix" ;;
	*) lib_default host 127.0.0.1 ;;
	esac
	case $1 in
	starttls) lib_default port "${host_starttls##*:}" ;;
	implicit) lib_default port "${host_implicit##*:}" ;;
	plain) lib_default port "${host_plain##*:}" ;;
	esac
	case $1 in
	starttls | implicit)
		lib_default tls "$1"
		lib_default tls-trust "$host_dir/ca.pem"
		lib_default user alice
		lib_default password sesame
		;;
	plain) lib_default tls none ;;
	esac
	lib_default ehlo-name client.example
	lib_default domain client.example
	lib_default envelope-from a@client.example
	lib_default aliases none
	lib_default log none
}

# configure starttls|implicit|plain|unix [LINE]...: a private configuration for
# that listener of the smarthost.  A LINE of the test replaces ours of the same
# key, "-key" takes it away; lines behind a "[profile]" stand at the end.
configure() {
	lib_kind=$1
	shift
	[ $# -eq 0 ] || printf '%s\n' "$@" >"$work/own.conf"
	[ $# -ne 0 ] || : >"$work/own.conf"
	PNEU_CONFIG=$work/pneu.conf
	export PNEU_CONFIG
	{
		lib_configuration "$lib_kind"
		sed '/^-/d' "$work/own.conf"
	} >"$PNEU_CONFIG"
}

# pneu_run ARGUMENTS <letter: the status is in $status, what it said in the
# files $out and $err.  One that hangs ends with 124, or 137 where it does not
# heed the signal.  Not at the end of a pipe, which is a shell of its own.
pneu_run() {
	timeout -k 2 "${TEST_SECONDS:-60}" "$PNEU" "$@" >"$out" 2>"$err"
	status=$?
}

# pneu_as NAME ARGUMENTS <letter: under another name than pneu.
pneu_as() {
	mkdir -p "$work/names"
	ln -sf "$PNEU" "$work/names/$1"
	lib_kind=$1
	shift
	timeout -k 2 "${TEST_SECONDS:-60}" "$work/names/$lib_kind" "$@" \
		>"$out" 2>"$err"
	status=$?
}

# delivered NAME: two tests: status 0 with nothing said, and the smarthost found
# no fault with what it heard.
delivered() {
	is "$status:$(cat "$out" "$err")" '0:' "$1"
	is "$(faults)" '' "$1: and kept to the rules"
}

# make_letter [N]: a letter of about N octets (a short one), with LF line ends.
# shellcheck disable=SC2120
make_letter() {
	printf '%s\n' 'From: Alice <a@client.example>' \
		'To: Bob <b@example.org>' \
		'Subject: a letter' \
		'Date: Thu, 1 Jan 2026 12:00:00 +0000' \
		'Message-ID: <1@client.example>' \
		'' \
		'hello'
	awk -v n="${1:-0}" 'BEGIN {
		line = "and so on, and so forth, until the page is full enough"
		for (i = 160; i < n; i += length(line) + 1)
			print line
	}'
}

# The same octets with CRLF line ends, as they must arrive.
crlf() {
	sed "s/\$/$(printf '\r')/"
}

# shellcheck disable=SC2119
make_letter >"$letter"
