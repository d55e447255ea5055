#!/bin/sh
# What a careless or hostile caller may leave us in: descriptors, names,
# signals, limits, ids, directories; and what others can see of a run.
# Catalogue: P-01 to P-06, P-09 to P-11, P-13, P-15, O-01, O-03, O-04, O-06,
# O-07.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154,SC2016 # from lib.sh; Perl expands for itself
# shellcheck disable=SC2012 # these names are our own

. "${0%/*}/lib.sh"

tools=${OUT:-${PNEU%/*}}/tests/tools
root=
[ "$(id -u)" -ne 0 ] || root=yes
drop='setpriv --reuid 65534 --regid 65534 --clear-groups'
count=0

# look: "sent" or "not sent", since it was last asked.
look() {
	came='not sent'
	if [ -e "$host_dir/new/$((count + 1))" ]; then
		count=$((count + 1))
		came=sent
	fi
}

# came STATUS WHETHER NAME: $status is that, and the letter sent or not; and
# where it was, it is whole.
came() {
	look
	is "$status:$came" "$1:$2" "$3"
	[ "$came" = 'not sent' ] || same "$work/crlf" "$(stored $count)" "$3: whole"
}

# listens OPTIONS: a smarthost that takes a password, and a configuration.
listens() {
	smarthost_start --plain --auth-before-tls --auth optional "$@"
	configure plain 'user = alice' 'password = sesame' \
		'auth-unverified = yes'
}

crlf <"$letter" >"$work/crlf"
listens

# --- descriptors ---

for zero in 0 -; do
	for one in 1 -; do
		for two in 2 -; do
			(
				exec <"$letter" >"$out" 2>"$err"
				[ $zero = 0 ] || exec <&-
				[ $one = 1 ] || exec >&-
				[ $two = 2 ] || exec 2>&-
				exec "$PNEU" --log="$work/log" b@example.org
			)
			status=$?
			if [ $zero = 0 ]; then
				came 0 sent "P-01: open: $zero $one $two"
			else
				came 66 'not sent' "P-01: open: $zero $one $two"
			fi
		done
	done
done
is "$(grep -c '^[-0-9T:+]* .*status=' "$work/log")" 8 \
	'P-01: the log holds the records'
is "$(grep -vc '^[-0-9T:+]* .*status=' "$work/log")" 0 'P-01: and only them'
(
	exec 2>&- <"$letter" >"$out"
	exec "$PNEU" -vv --log="$work/log" b@example.org
)
status=$?
came 0 sent 'P-01: a dialogue that nobody can see'
is "$(grep -c EHLO "$work/log")" 0 'P-01: does not get into a file'
(
	exec 2>&- <"$letter" >"$out"
	exec "$PNEU" 'b@@example.org'
)
status=$?
came 65 'not sent' 'P-01: nor do words of a failure need stderr'

"$PNEU" -v b@example.org <"$letter" >/dev/full 2>/dev/full
status=$?
came 0 sent 'P-02: stdout and stderr on a full disk'
"$PNEU" 'b@@example.org' <"$letter" >/dev/full 2>/dev/full
status=$?
came 65 'not sent' 'P-02: and the status of a failure stays'
mkfifo "$work/pipe"
# shellcheck disable=SC2094 # a reader, so that a writer can be opened
exec 4<>"$work/pipe" 5>"$work/pipe"
exec 4<&-
"$PNEU" -v b@example.org <"$letter" >&5 2>&5
status=$?
exec 5>&-
came 0 sent 'P-02: on a pipe that nobody reads'

cat >"$work/fds" <<-'END'
	#!/bin/sh
	ls -l /proc/self/fd | sed -n 's/.* \([0-9]* -> .*\)/\1/p' >"$0.out"
	echo sesame
END
chmod 700 "$work/fds"
configure plain 'user = alice' "password-command = $work/fds" \
	'auth-unverified = yes'
perl -e '$^F = 5000; my @all;
	for (3 .. 1000) { open($all[$_], ">>", shift @{[$ARGV[0]]}) or last }
	shift; exec @ARGV or die' "$work/inherited" "$PNEU" b@example.org \
	<"$letter" >"$out" 2>"$err"
status=$?
came 0 sent 'P-03: a thousand inherited descriptors'
is "$(grep -c inherited "$work/fds.out")" 0 'P-03: a child gets none of them'
is "$(grep -cvE '^([012]|3) -> ' "$work/fds.out"):\
$(grep -c '^0 -> /dev/null' "$work/fds.out")" 0:1 'P-03: nor any of ours'
is "$(cat "$work/inherited")" '' 'P-03: and nothing was written to one'
listens

# --- names ---

# called ARGV...: with just these, argv[0] being the first of them.
called() {
	timeout 60 "$tools/exec0" "$PNEU" "$@" <"$letter" >"$out" 2>"$err"
	status=$?
}
called
came 64 'not sent' 'P-04: argc 0'
like "$(cat "$err")" 'pneu: no recipients*' 'P-04: and the name is our own'
called '' b@example.org
came 0 sent 'P-04: an empty argv[0]'
called '' --host=h.example b@example.org
came 64 'not sent' 'P-04: which is a restricted name'
called /x/y/pneu --domain=client.example b@example.org
came 0 sent 'P-04: the last part counts'
for name in pneu/ /pneu/x -pneu Pneu 'pneu ' '../pneu.'; do
	called "$name" --domain=client.example b@example.org
	came 64 'not sent' "P-04: '$name' is restricted"
done
called "$(printf '\033]0;x\007%%s%%n\n')" 'b@@example.org'
came 65 'not sent' 'P-04: escapes in argv[0]'
is "$(tr -d ' -~\n' <"$err" | wc -c | tr -d ' ')" 0 'P-04: are not printed'
called "$(head -c 130000 /dev/zero | tr '\0' x)" b@example.org
came 0 sent 'P-04: 130 kB of it'

# --- what stdin may be ---

"$PNEU" b@example.org 0>"$work/written" >"$out" 2>"$err"
status=$?
came 66 'not sent' 'P-06: stdin is write-only'
"$PNEU" b@example.org <"$work" >"$out" 2>"$err"
status=$?
came 66 'not sent' 'P-06: a directory'
: | "$PNEU" b@example.org >"$out" 2>"$err"
status=$?
came 66 'not sent' 'P-06: a pipe without a word'
# feed KIND: the letter comes in two parts, the second when the first has been
# read, over a socket or a non-blocking pipe.
{ cat "$letter" && yes 'and so on' | head -30000; } >"$work/in"
crlf <"$work/in" >"$work/long"
feed() {
	perl -MSocket -MFcntl -e '
		my ($kind, $file, @command) = @ARGV;
		local $/; open(F, "<", $file) or die; my $all = <F>;
		$kind eq "socket"
		    ? socketpair(R, W, AF_UNIX, SOCK_STREAM, PF_UNSPEC)
		    : pipe(R, W) or die;
		fcntl(R, F_SETFL, O_NONBLOCK) or die if $kind eq "pipe";
		defined(my $pid = fork) or die;
		if (!$pid) {
			close W; open(STDIN, "<&R") or die; exec @command;
		}
		close R; select(W); $| = 1;
		print W substr($all, 0, 250000); print W substr($all, 250000);
		close W; waitpid $pid, 0; exit $? >> 8' \
		"$1" "$work/in" "$PNEU" b@example.org >"$out" 2>"$err"
	status=$?
	look
	is "$status:$came:$(cat "$err")" 0:sent: "P-06: a $1"
	same "$work/long" "$(stored $count)" "P-06: a $1: whole"
}
feed socket
feed pipe
if command -v script >/dev/null; then
	{
		grep -v '^$' "$letter" | head -5
		printf '\nhello\n.\n'
	} | timeout 60 script -qec "'$PNEU' b@example.org" /dev/null >"$out" 2>&1
	status=$?
	came 0 sent 'P-06: a terminal, where a dot ends the letter'
else
	diag 'P-06: there is no script(1), so no terminal either'
fi

# --- signals ---

# What fills more than a pipe, so that it is written when pneu has begun to read.
much() {
	cat "$letter"
	awk 'BEGIN { for (i = 0; i < 20000; i++) print "and so on" }'
}
# reads COMMAND...: in the background, until it has read much; its pid in $pid,
# its stdin is descriptor 6.
reads() {
	"$@" <"$work/pipe" >"$out" 2>"$err" &
	pid=$!
	exec 6>"$work/pipe"
	much >&6
}
# ends SIGNAL
ends() {
	kill "-$1" "$pid"
	wait "$pid" 2>/dev/null
	status=$?
	exec 6>&-
}
trap '' TERM HUP INT PIPE ALRM CHLD XFSZ USR1 QUIT
reads "$PNEU" b@example.org
ends TERM
came 75 'not sent' 'P-10: all signals ignored by the caller, but not SIGTERM'
reads "$PNEU" b@example.org
kill -HUP $pid
kill -INT $pid
exec 6>&-
wait $pid
status=$?
much | crlf >"$work/long"
look
is "$status:$came" 0:sent 'P-10: SIGHUP and SIGINT stay ignored, as nohup wants'
same "$work/long" "$(stored $count)" 'P-10: and nothing is lost by them'
trap - PIPE ALRM CHLD XFSZ USR1 QUIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM
blocked='use POSIX; sigprocmask(SIG_BLOCK, POSIX::SigSet->new(1 .. 31));
	exec @ARGV'
reads perl -e "$blocked" "$PNEU" b@example.org
ends TERM
came 75 'not sent' 'P-10: all signals blocked by the caller'
like "$(cat "$err")" 'pneu: stopped by a signal*' 'P-10: and why is said'
# In the background sh lets SIGINT and SIGQUIT be ignored.
usual='$SIG{INT} = $SIG{QUIT} = "DEFAULT"; exec @ARGV'
reads perl -e "$usual" "$PNEU" b@example.org
ends INT
came 75 'not sent' 'P-09: SIGINT'
for signal in USR1 ALRM QUIT; do
	reads perl -e "$usual" "$PNEU" b@example.org
	ends $signal
	look
	is "$came:$(find /var/tmp -name 'pneu.*' -newer "$letter")" 'not sent:' \
		"P-09: SIG$signal ends it and leaves nothing"
done

# hears PATTERN COMMAND...: in the background, until its dialogue has a line
# like PATTERN.
hears() {
	pattern=$1
	shift
	"$@" <"$letter" >"$out" 2>"$work/pipe" &
	pid=$!
	exec 6<"$work/pipe"
	while IFS= read -r line <&6; do
		# shellcheck disable=SC2254 # it is meant as a pattern
		case $line in
		$pattern) return ;;
		esac
	done
	diag "no line like $pattern"
}
for stage in EHLO RCPT DATA; do
	listens --silent-at "$(echo $stage | tr '[:upper:]' '[:lower:]')"
	hears "> $stage*" "$PNEU" -v b@example.org
	ends TERM
	came 75 'not sent' "P-09: SIGTERM while $stage is not answered"
done

# --- what others can see (P-15, O-01, O-03, O-04) ---

listens --silent-at mail
hears '> MAIL*' "$PNEU" -v b@example.org
is "$(tr '\0' ' ' <"/proc/$pid/cmdline")" "$PNEU -v b@example.org " \
	'O-03: nothing else is in the command line'
is "$(grep -c -a -e sesame -e c2VzYW1l "/proc/$pid/environ" 2>/dev/null)" \
	"$([ -z "$root" ] || echo 0)" 'O-03: no secret is in the environment'
ends TERM
came 75 'not sent' 'P-09: and then SIGTERM'
listens
pneu_run -vvv b@example.org <"$letter"
came 0 sent 'O-07: with -v'
like "$(cat "$err")" '*< 220 *> EHLO client.example*< 250*> MAIL FROM:*> DATA*' \
	'O-07: the dialogue is shown'
like "$(cat "$err")" '*> AUTH PLAIN *' 'O-01: the login too'
unlike "$(cat "$err")" '*AGFsaWNlAHNlc2FtZQ*' 'O-01: but not the secret'
unlike "$(cat "$err")" '*sesame*' 'O-01: in no spelling'
is "$(awk '!/^[<>] [ -~]*$/' "$err")" '' 'O-07: and nothing but the dialogue'
is "$(cat "$out")" '' 'O-07: all of it on stderr'
pneu_run b@example.org <"$letter"
came 0 sent 'O-07: without -v'
is "$(cat "$out" "$err")" '' 'O-07: success is silent'

# guarded NAME: nobody but root may look into process $pid, and it leaves no
# core file.
guarded() {
	is "$(ls -nd "/proc/$pid/environ" | awk '{ print $3 }')" 0 \
		"P-15: $1: only root may trace it"
	is "$(sed -n 's/^Max core file size *\([^ ]*\).*/\1/p' \
		"/proc/$pid/limits")" 0 "O-04: $1: it leaves no core file"
}
chmod 755 "$work"
mkdir -m 755 "$work/bin" "$work/user"
cp "$PNEU" "$tools/exec0" "$work/bin"
chmod 755 "$work/bin/pneu" "$work/bin/exec0"
cp "$PNEU_CONFIG" "$work/user/a.conf"
user=
if [ -n "$root" ]; then
	user=$drop
	chown -R 65534:65534 "$work/user"
fi
# shellcheck disable=SC3045 # every sh that is in use has it
ulimit -c unlimited 2>/dev/null || diag 'core files have a limit here'
# shellcheck disable=SC2086 # $user is several words
{
	reads $user "$work/bin/pneu" -C "$work/user/a.conf" b@example.org
	guarded 'while stdin is read'
	ends TERM
}
came 75 'not sent' 'P-15: nothing was sent'
mkdir "$work/cores"
(
	cd "$work/cores" || exit
	reads perl -e "$usual" "$PNEU" b@example.org
	ends QUIT
	exit $status
)
is "$?:$(ls "$work/cores")" 131: 'O-04: SIGQUIT leaves nothing but a status'

# --- limits ---

# limited OPTION VALUE ARGUMENTS <letter
limited() {
	(
		exec >"$out" 2>"$err"
		ulimit "$1" "$2" || exit 98
		shift 2
		exec "$PNEU" "$@"
	)
	status=$?
}
{ cat "$letter" && yes 'and so on' | head -300000; } >"$work/in"
limited -f 100 b@example.org <"$work/in"
came 75 'not sent' 'P-11: a letter larger than files may be'
like "$(cat "$err")" '*File too large*ulimit -f*' 'P-11: and what to do'
limited -f 0 --log="$work/log.0" b@example.org <"$letter"
came 0 sent 'P-11, O-06: a log that cannot grow'
is "$(cat "$work/log.0")" '' 'P-11: which stays as it was'
sends=
for host in 127.0.0.1 localhost; do
	configure plain "host = $host" 'user = alice' 'password = sesame' \
		'auth-unverified = yes' 'deadline = 20s'
	for files in 4 5 6 8; do
		limited -n $files b@example.org <"$letter"
		look
		case $status:$came in
		0:sent | 71:not\ sent | 75:not\ sent | 78:not\ sent) ;;
		*) sends="$sends $host, -n $files: $status:$came" ;;
		esac
	done
done
is "$sends" '' 'P-11: few descriptors: sent, or why not'
is "$status" 0 'P-11: and eight are enough'
listens
if [ -z "${SAN:-}" ]; then
	sends='' seen=''
	for kilobytes in 4000 5000 5500 6000 6500 7000 7200 7400 7600 7800 \
	    8000 8200 8400 8600 8800 9000 9500 10000 12000; do
		limited -v $kilobytes b@example.org <"$letter"
		look
		seen="$seen $status"
		case $status:$came in
		# 127 is the dynamic linker's.
		0:sent | 71:not\ sent | 75:not\ sent | 127:not\ sent) ;;
		*) sends="$sends -v $kilobytes: $status:$came $(cat "$err")" ;;
		esac
	done
	is "$sends" '' "P-11: little memory: sent, or why not"
	like "$seen" '*127 *0' 'P-11: and with more it is sent'
	limited -s 128 b@example.org <"$letter"
	came 0 sent 'P-11: a stack of 128 KiB'
fi
if [ -n "$root" ] && command -v prlimit >/dev/null; then
	cp "$PNEU_CONFIG" "$work/user/b.conf"
	sed -i 's/^password =.*/password-command = printf sesame/' \
		"$work/user/b.conf"
	chown 65534 "$work/user/b.conf"
	# LeakSanitizer, where the program has it, wants a child too.
	export ASAN_OPTIONS=detect_leaks=0
	$drop prlimit --nproc=0 "$work/bin/pneu" -C "$work/user/b.conf" \
		b@example.org <"$letter" >"$out" 2>"$err"
	status=$?
	unset ASAN_OPTIONS
	came 71 'not sent' 'P-11: no child may be made for the password'
fi

# --- directories, environment ---

env -i "$PNEU" -C "$PNEU_CONFIG" b@example.org <"$letter" >"$out" 2>"$err"
status=$?
came 0 sent 'no environment at all'
env HOME=relative USER='x y' LOGNAME= PATH= LC_ALL=xx_XX.utf9 TZ=:/dev/zero \
	"$PNEU" b@example.org <"$letter" >"$out" 2>"$err"
status=$?
came 0 sent 'one that makes no sense'
mkdir "$work/gone"
(
	cd "$work/gone" && rmdir "$work/gone" &&
		exec "$PNEU" b@example.org <"$letter" >"$out" 2>"$err"
)
status=$?
came 0 sent 'a working directory that is gone'
mkdir "$work/shut"
[ -z "$root" ] || chown 65534 "$work/shut"
# shellcheck disable=SC2086
(
	cd "$work/shut" && chmod 000 . && exec $user "$work/bin/pneu" \
		-C "$work/user/a.conf" --port="${host_plain##*:}" \
		--host=127.0.0.1 --tls=none --log="$work/user/log" \
		b@example.org <"$letter" >"$out" 2>"$err"
)
status=$?
came 0 sent 'or that cannot be read'
chmod 700 "$work/shut"
(
	umask 0
	pneu_run --log="$work/umask" b@example.org <"$letter"
	exit $status
)
status=$?
came 0 sent 'umask 0'
is "$(ls -l "$work/umask" | cut -c1-10)" -rw------- 'a log is private all the same'
if [ -n "$root" ]; then
	sed 1d "$letter" >"$work/in"
	cp "$PNEU_CONFIG" "$work/user/c.conf"
	sed -i '/^envelope-from/d' "$work/user/c.conf"
	chown 54321 "$work/user/c.conf"
	env HOME=/none setpriv --reuid 54321 --regid 54321 --clear-groups \
		"$work/bin/pneu" -C "$work/user/c.conf" b@example.org \
		<"$work/in" >"$out" 2>"$err"
	is "$?:$(cat "$err")" 0: 'a user without a name or a home'
	look
	like "$(envelope_lines $count)" 'MAIL FROM:<uid-54321@client.example>*' \
		'is called after the number'
fi

# --- set-id (P-05) ---

# LeakSanitizer cannot look into a set-user-id process and ends it.
bits='u+s g+s'
[ -z "${SAN:-}" ] || bits=g+s
for bit in $bits; do
	cp "$PNEU" "$work/bin/setid"
	[ -z "$root" ] || chown 65534:65534 "$work/bin/setid"
	chmod 755 "$work/bin/setid"
	chmod "$bit" "$work/bin/setid"
	"$work/bin/setid" --version >"$out" 2>"$err"
	is "$?:$(cat "$out")" 77: "P-05: $bit on our own file: nothing is done"
	like "$(cat "$err")" '*bin/setid is installed set-*chmod ug-s*service*' \
		'P-05: and what to do instead is said'
	"$work/bin/setid" b@example.org <"$letter" >"$out" 2>"$err"
	status=$?
	came 77 'not sent' "P-05: $bit: no letter is sent"
	rm "$work/bin/setid"
done
if [ -n "$root" ]; then
	cat >"$work/user/ids" <<-END
		#!/bin/sh
		grep -E '^[UG]id:' /proc/self/status | tr '\n\t' '  ' >$work/user/is
		echo sesame
	END
	sed "s|^password-command.*|password-command = $work/user/ids|" \
		"$work/user/b.conf" >"$work/user/d.conf"
	chmod 755 "$work/user/ids"
	chown 65534 "$work/user/d.conf"
	for bit in u+s g+s ug+s; do
		chown 1:1 "$work/bin/exec0"
		chmod 755 "$work/bin/exec0"
		chmod $bit "$work/bin/exec0"
		: >"$work/user/is"
		chown 65534 "$work/user/is"
		PNEU_HOST=evil.example $drop "$work/bin/exec0" \
			"$work/bin/pneu" pneu -C "$work/user/d.conf" \
			b@example.org <"$letter" >"$out" 2>"$err"
		status=$?
		came 0 sent "P-05: a caller that is $bit, and its environment"
		is "$(cat "$work/user/is")" 'Uid: 65534 65534 65534 65534 Gid: '\
'65534 65534 65534 65534 ' "P-05: $bit: the ids are given up for good"
	done
else
	diag 'not root: nothing is tested of callers that are set-id'
fi

# --- the log (P-13) ---

# logs NAME WHERE: the letter is sent, whatever becomes of the record.
logs() {
	pneu_run --log="$2" b@example.org <"$letter"
	came 0 sent "P-13: $1"
	is "$(cat "$out" "$err")" '' "P-13: $1: and nothing is said"
}
rm -f "$work/log"
logs 'a log that is new' "$work/log"
logs 'and one that is there' "$work/log"
is "$(grep -c 'status=EX_OK' "$work/log")" 2 'P-13: each gets a record'
echo target >"$work/target"
ln -s target "$work/link"
ln -s nowhere "$work/dangling"
mkfifo "$work/fifo"
logs 'a symbolic link' "$work/link"
is "$(cat "$work/target")" target 'P-13: is not followed'
logs 'one to nothing' "$work/dangling"
[ -e "$work/nowhere" ]
is $? 1 'P-13: nothing was made by it'
logs 'a FIFO' "$work/fifo"
exec 6<>"$work/fifo"
logs 'one that somebody reads' "$work/fifo"
exec 6>&-
logs 'a directory' "$work"
logs 'a directory that is not there' "$work/none/log"
logs 'a device' /dev/full
logs none none
pneu_run -v --log=/dev/full b@example.org <"$letter"
came 0 sent 'P-13: a log that is none, with -v'
like "$(cat "$err")" '*pneu: no record was written: /dev/full*' 'P-13: is told'
pneu_run --log=- b@example.org <"$letter"
came 0 sent 'P-13: the log on stderr'
like "$(cat "$err")" '*status=EX_OK*' 'P-13: has the record there'
"$PNEU" --log=- b@example.org <"$letter" 2>/dev/full
status=$?
came 0 sent 'O-06: which may be full'
if [ -n "$root" ] && unshare -m true 2>/dev/null; then
	mkdir "$work/disk"
	unshare -m sh -c 'mount -t tmpfs -o size=8k tmpfs "$1/disk" || exit 98
		: >"$1/disk/log"
		cat /dev/zero >"$1/disk/full" 2>/dev/null
		"$2" --log="$1/disk/log" b@example.org
		status=$?
		[ ! -s "$1/disk/log" ] || exit 97
		exit $status' sh "$work" "$PNEU" <"$letter" >"$out" 2>"$err"
	status=$?
	if [ $status -eq 98 ]; then
		diag 'no file system can be mounted here, so none is full'
	else
		came 0 sent 'O-06: a disk that is full'
	fi
fi

is "$(faults | grep -v 'an unfinished line')" '' \
	'and pneu kept to the rules all along'
done_testing
