#!/bin/sh
# Names of this machine: what the alias file makes of them, in the envelope, in
# the header, and what is refused, discarded, or left alone.  Catalogue: G-07;
# and that the file is read for nobody else.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154 # from lib.sh

. "${0%/*}/lib.sh"

aliases=$work/aliases

# letter_of HEADER: HEADER (for printf %b) between two fields, and a body.
letter_of() {
	printf 'From: a@client.example\nDate: today\nX-Before: x\n%bX-Next: y\n' \
		"$1"
	printf 'Message-ID: <1@client.example>\n\nhello\n'
}

# The paths in letter N's RCPT commands, between blanks.
rcpts() {
	envelope_lines "$1" | tr -d '\r' |
		sed -n 's/^RCPT TO:<\(.*\)>.*/\1/p' | tr '\n' ' ' | sed 's/ $//'
}

# sent NAME PATHS HEADER ARGUMENTS: it goes to PATHS.
sent() {
	name=$1 paths=$2 before=$(stored_count)
	letter_of "$3" >"$work/in"
	shift 3
	pneu_run "$@" <"$work/in"
	is "$status:$(cat "$out" "$err")" 0: "$name: is taken in silence"
	is "$(rcpts $((before + 1)))" "$paths" "$name: for those"
}

# seen HEADER NAME: this is all of HEADER that the letter has.
seen() {
	letter_of "$1" | crlf >"$work/want"
	same "$work/want" "$(stored "$(stored_count)")" "$2"
}

# unsent STATUS WORDS NAME HEADER ARGUMENTS: WORDS is a pattern.
unsent() {
	expected=$1 words=$2 name=$3 before=$(stored_count)
	letter_of "$4" >"$work/in"
	shift 4
	pneu_run "$@" <"$work/in"
	is "$status:$(stored_count)" "$expected:$before" "$name: is not sent"
	like "$(cat "$err")" "$words" "$name: and that is said"
}

cat >"$aliases" <<'END'
# what a machine has in /etc/aliases
postmaster: root
MAILER-DAEMON:	postmaster
root:	admin@example.org

ops: ann@example.org,
	bob@example.org
	# in between
	, "Carl, C." <carl@example.org>
all: ops, root, dora
dora: \dora, dora@example.net
eve: eve, eve@example.net
"joe blow": joe@example.org
quoted: "with space"@example.org, <angle@example.org>, plain@example.org (x, y)
nested: n1
n1: n2
n2: n3@example.org
loop1: loop2
loop2: loop1
half1: half2, half@example.org
half2: half1
prog: |/usr/bin/vacation prog
quotedprog: "|/usr/bin/vacation \"a, b\""
file: /var/mail/archive
include: :include:/etc/passwd
mixed: |/bin/cat, ann@example.org
faraway: mixed
null: /dev/null
hole: :blackhole:
both: /dev/null, ann@example.org
empty:
broken: ann@, <>
this line has no colon
joe@example.org: nobody@example.org
root: second@example.org
END

# place NAME: where its line is.
place() {
	grep -n "^\"*$1\"*:" "$aliases" | sed "s|^\\([0-9]*\\):.*|$aliases:\\1|;q"
}

smarthost_start --plain
configure plain "aliases = $aliases"

# --- whom the file names ---

sent 'a name' admin@example.org '' root
sent 'in any case' admin@example.org '' ROOT
sent 'an alias of an alias' admin@example.org '' MAILER-daemon
sent 'a nested one' n3@example.org '' nested
sent 'a list over lines, with a comment' \
	'ann@example.org bob@example.org carl@example.org' '' ops
sent 'lists of lists: everybody once' 'ann@example.org bob@example.org'\
' carl@example.org admin@example.org dora@client.example dora@example.net' \
	'' all ann@example.org root
sent 'a backslash ends the way' 'dora@client.example dora@example.net' '' dora
sent 'so does a name in its own line' \
	'eve@client.example eve@example.net' '' eve
sent 'a backslash in an argument' root@client.example '' '\root'
sent 'a quoted name' joe@example.org '' '"joe blow"'
sent 'quoted addresses' '"with space"@example.org angle@example.org'\
' plain@example.org' '' quoted
sent 'a loop with a way out' half@example.org '' half1
sent 'the first of two lines' admin@example.org '' root
sent 'who is in no line gets the domain' nobody@client.example '' nobody
sent '-n: nobody is looked up' root@client.example '' -n root
sent 'names from the header' \
	'admin@example.org ann@example.org bob@example.org carl@example.org' \
	'To: root\nBcc: ops\n' -t

# RFC 3461 4.2: a report speaks of whom the letter was addressed to.
letter_of '' >"$work/in"
pneu_run -N failure all both+1@example.org ann@example.org ops root@localhost \
	<"$work/in"
is "$status:$(envelope_lines "$(stored_count)" | tr -d '\r' |
	sed -n 's/^RCPT TO:<\(.*\)> .*ORCPT=rfc822;/\1=/p' | tr '\n' ' ')" \
	'0:ann@example.org=all@client.example'\
' bob@example.org=all@client.example carl@example.org=all@client.example'\
' admin@example.org=all@client.example dora@client.example=all@client.example'\
' dora@example.net=all@client.example'\
' both+1@example.org=both+2B1@example.org ' \
	'ORCPT names whom the letter was addressed to'

# --- names at this host ---

host=$(uname -n)
sent 'root@localhost' admin@example.org '' root@localhost
sent 'root@localhost.localdomain' admin@example.org '' \
	root@LocalHost.LocalDomain
sent 'root at the host name' admin@example.org '' "root@$host"
sent 'nobody@localhost' nobody@client.example '' nobody@localhost
sent 'our domain is not our host' root@client.example '' root@client.example
sent 'nor is any other' root@example.org '' root@example.org
sent 'nor an address in a line' joe@example.org '' joe@example.org

# --- the header ---

sent 'the header too' 'admin@example.org ann@example.org bob@example.org'\
' carl@example.org nobody@client.example' 'To: "The Root" <root> (of all),
\tops\nCc: Nobody <nobody>,\n b@example.org (root)\n' root ops nobody
seen 'To: "The Root" <admin@example.org> (of all),
\tops@client.example\nCc: Nobody <nobody@client.example>,\n b@example.org (root)\n' \
	'names, comments and folds remain; a list keeps its own name'
sent 'who sends is in no alias file' b@example.org \
	'Sender: root\nReply-To: Root <root>, ops\nResent-From: root\n' \
	b@example.org
seen 'Sender: root@client.example\nReply-To: Root <root@client.example>,'\
' ops@client.example\nResent-From: root@client.example\n' \
	'but gets the domain'
sent 'a field that cannot be read' b@example.org \
	'To: root root\nCc: root, <>\n' b@example.org
seen 'To: root root\nCc: root, <>\n' 'remains as it came'
sent 'other fields' b@example.org 'X-To: root\nReferences: root\n' b@example.org
seen 'X-To: root\nReferences: root\n' 'remain as they came'
sent 'a refused name in the header' b@example.org \
	'To: prog, null, loop1\n' b@example.org
seen 'To: prog@client.example, null@client.example, loop1@client.example\n' \
	'gets the domain, and nobody is refused for it'

# --- what is not followed ---

unsent 67 "*$(place prog): prog: |/usr/bin/vacation prog: *no program*" \
	'a program' '' prog
unsent 67 "*$(place quotedprog): quotedprog: *no program*" 'a quoted one' '' quotedprog
unsent 67 "*$(place file): file: /var/mail/archive: *no file*" 'a file' '' file
unsent 67 "*$(place include): include: *no other file*" 'a list elsewhere' '' include
unsent 67 '*loop1: *itself*' 'a loop' '' loop1
unsent 67 "*$(place empty): empty: *nowhere*" 'an empty line' '' empty
unsent 67 "*$(place broken): broken: ann@: *no address*" 'no address' '' broken

letter_of '' >"$work/in"
pneu_run mixed <"$work/in"
is "$status:$(rcpts "$(stored_count)")" 67:ann@example.org \
	'the others of a line are served'
like "$(cat "$err")" "pneu: $(place mixed): mixed: |/bin/cat: *1 of 2 recip*" \
	'and one is named'
pneu_run bob@example.net faraway prog <"$work/in"
is "$status:$(rcpts "$(stored_count)")" '67:bob@example.net ann@example.org' \
	'so are all other recipients'
like "$(cat "$err")" "*faraway: $(place mixed): mixed: *$(place prog): prog: *" \
	'and the way to each refusal is told'
unsent 67 "*$(place mixed): mixed: *" 'recipients = all' '' \
	--recipients=all mixed bob@example.net

# --- /dev/null ---

configure plain "aliases = $aliases" "log = $work/log"
sent 'discarded beside others' ann@example.org '' both
like "$(cat "$work/log")" "*discarded: $(place both): both: /dev/null*" 'is in the record'
smarthost_stop
rm "$work/log"
pneu_run null hole <"$work/in"
is "$status:$(cat "$out" "$err")" 0: 'all discarded: no server is needed'
like "$(cat "$work/log")" '*to=null@client.example,hole@client.example *' \
	'and the record says to whom'
like "$(cat "$work/log")" "*status=EX_OK *discarded: $(place null): null: /dev/null; discarded: $(place hole): hole: *" \
	'and the record says so'
pneu_run null prog <"$work/in"
is "$status" 67 'one discarded, one refused: the refusal counts'
smarthost_start --plain
configure plain "aliases = $aliases"

# --- a dialogue ---

# answer NAME: what -bs says to a letter for NAME in the end.
answer() {
	printf '%s\r\n' 'EHLO c.example' 'MAIL FROM:<a@client.example>' \
		"RCPT TO:<$1>" DATA 'To: root@localhost' '' hello . QUIT |
		"$PNEU" -bs 2>/dev/null | tail -n 2 | sed -n '1s/\r$//p'
}

like "$(answer root@localhost)" '250 2.0.0 *' '-bs: an alias'
is "$(rcpts "$(stored_count)")" admin@example.org '-bs: is followed'
like "$(answer prog@localhost)" \
	"550 5.1.1 *$(place prog): prog: *no program*" '-bs: a program is not'
smarthost_stop
is "$(answer null@localhost)" '250 2.0.0 discarded' '-bs: /dev/null is served'
smarthost_start --plain
configure plain "aliases = $aliases"

# --- a catch-all ---

cat >"$aliases" <<'END'
*: admin
root: root@example.org
www: nobody
END
sent 'the catch-all' 'admin@client.example root@example.org' '' anybody root
sent 'does not catch itself' admin@client.example '' admin
sent 'catches aliases of others' admin@client.example '' www
sent 'and nobody who has a domain' b@example.org '' b@example.org
echo '*: /dev/null, admin@example.org' >"$aliases"
sent 'may be an address' admin@example.org '' anybody@localhost

# --- the file itself ---

printf '\357\273\277root: crlf@example.org,\r\n more@example.org\r\n' >"$aliases"
sent 'CRLF and a byte order mark' 'crlf@example.org more@example.org' '' root
printf 'root: a@example.org' >"$aliases"
sent 'no line end at the end' a@example.org '' root
printf ' \tstray, line\nroot: a\000b@example.org, c@example.org\n' >"$aliases"
unsent 67 "*$aliases:2: root: *no address*" 'a NUL' '' --recipients=all root
chmod go+w "$aliases"
unsent 78 '*others may write*chmod*' 'a file that others may write' '' root
sent 'but nobody reads it for other names' b@example.org \
	'To: b@example.org\n' -t
rm "$aliases"
unsent 78 "*$aliases: No such file*" 'a file that is not there' '' root
sent 'but for other names' b@example.org 'To: b@example.org\n' -t
configure plain 'aliases = none'
sent 'aliases = none' root@client.example '' root
mkfifo "$work/fifo"
configure plain "aliases = $work/fifo"
unsent 78 '*regular file*' 'a FIFO' '' root

# G-07: arguments are plain data, whatever they look like.
configure plain
sent 'G-07: a program as an argument' '|/bin/sh@client.example' '' '|/bin/sh'
sent 'G-07: a file' '/etc/passwd@client.example' '' /etc/passwd
unsent 65 '*argument*' 'G-07: an include' '' ':include:/etc/passwd'

is "$(faults)" '' 'and pneu kept to the rules all along'
done_testing
