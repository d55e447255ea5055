#!/bin/sh
# Who a letter says it is from: in the envelope, in From, Reply-To and Sender,
# by the profile's rules.  Catalogue: G-02, G-03, M-35.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154 # from lib.sh

. "${0%/*}/lib.sh"

map=$work/map
login=$(id -un)

# letter_of HEADER: HEADER (for printf %b) between two fields, and a body.
letter_of() {
	printf 'Date: today\nX-Before: x\n%bX-Next: y\n' "$1"
	printf 'Message-ID: <1@client.example>\n\nhello\n'
}

# sent NAME SENDER HEADER [ARGUMENT...]: taken in silence, from SENDER.
sent() {
	name=$1 sender=$2 before=$(stored_count)
	letter_of "$3" >"$work/in"
	shift 3
	pneu_run "$@" b@example.org <"$work/in"
	is "$status:$(cat "$out" "$err")" 0: "$name: is taken in silence"
	is "$(envelope_lines $((before + 1)) | tr -d '\r' |
		sed -n 's/^MAIL FROM:<\([^>]*\)>.*/\1/p')" "$sender" \
		"$name: from $sender"
}

# seen HEADER NAME [FIELDS]: this is all of HEADER that the letter has, with
# FIELDS added below.
seen() {
	printf 'Date: today\nX-Before: x\n%bX-Next: y\nMessage-ID: <1@client.example>\n%b\nhello\n' \
		"$1" "${3:-}" | crlf >"$work/want"
	same "$work/want" "$(stored "$(stored_count)")" "$2"
}

# field NAME: its value in the last letter.
field() {
	tr -d '\r' <"$(stored "$(stored_count)")" | sed -n "/^$/q; s/^$1: //p"
}

# unsent STATUS WORDS NAME [ARGUMENT...]
unsent() {
	expected=$1 words=$2 name=$3 before=$(stored_count)
	letter_of 'From: root\n' >"$work/in"
	shift 3
	pneu_run "$@" b@example.org <"$work/in"
	is "$status:$(stored_count)" "$expected:$before" "$name: is not sent"
	like "$(cat "$err")" "$words" "$name: and that is said"
}

smarthost_start --plain

# --- keep ---

configure plain -envelope-from
sent 'nobody says' "$login@client.example" 'From: A <a@example.org>\n'
seen 'From: A <a@example.org>\n' 'From remains'
sent '-f' f@example.org 'From: a@example.org\n' -f f@example.org
sent '-r' r@example.org 'From: a@example.org\n' -r r@example.org
sent 'G-02: -f ""' '' 'From: a@example.org\n' -f ''
sent 'G-02: -f <>' '' 'From: a@example.org\n' -f '<>'
sent 'a bare one' f@client.example 'From: a@example.org\n' -f f
sent 'one at localhost' f@client.example 'From: a@example.org\n' -f f@localhost
sent 'cron' "$login@client.example" 'From: root (Cron Daemon)\nTo: alice\n'
seen 'From: root@client.example (Cron Daemon)\nTo: alice@client.example\n' \
	'bare names get the domain, the comment remains'
sent 'anacron' "$login@client.example" 'From: Anacron <root>\n'
seen 'From: Anacron <root@client.example>\n' 'the display name remains'
sent 'folds' "$login@client.example" \
	'From: "Big\n Root" (x\n y)\n\t<root>\nX: y\n'
seen 'From: "Big\n Root" (x\n y)\n\t<root@client.example>\nX: y\n' \
	'folds remain'
sent 'no From' "$login@client.example" ''
like "$(field From)" "*$login@client.example*" 'M-35: gets the login'
sent 'no From, but -f' f@example.org '' -f f@example.org -F 'Eff'
is "$(field From)" 'Eff <f@example.org>' 'M-35: gets that'
sent 'no From, null sender' '' '' -f ''
like "$(field From)" "*$login@client.example*" 'M-35: gets the login'
sent 'Sender' "$login@client.example" \
	'From: a@example.org\nSender: c@example.org\n'
seen 'From: a@example.org\nSender: c@example.org\n' 'remains'
sent 'Return-Path' "$login@client.example" \
	'Return-Path: <r@example.com>\nFrom: a@example.org\n'
seen 'From: a@example.org\n' 'goes: it is for those who deliver'
sent 'two From fields' "$login@client.example" 'From: root\nFrom: daemon\n'
seen 'From: root@client.example\nFrom: daemon@client.example\n' \
	'M-35: none is added, none taken away'

configure plain 'envelope-from = me@example.org'
sent "the profile's" me@example.org 'From: a@example.org\n'
seen 'From: a@example.org\n' 'is for the envelope'
configure plain 'envelope-from = <>'
sent "the profile's null sender" '' 'From: a@example.org\n'

# --- header ---

configure plain 'envelope-from = me@example.org' 'rewrite-from = header'
sent 'header: cron' me@example.org 'From: root (Cron Daemon)\nTo: b\n'
seen 'From: me@example.org (Cron Daemon)\nTo: b@client.example\n' \
	'the name remains, the old address is where answers go' \
	'Reply-To: root@client.example (Cron Daemon)\n'
sent 'header: a name' f@example.org 'From: "A, B"\n <a@example.com>\n' \
	-f f@example.org
seen 'From: "A, B"\n <me@example.org>\n' '-f is for the envelope' \
	'Reply-To: "A, B"\n <a@example.com>\n'
sent 'header: our own' me@example.org 'From: Me <me@EXAMPLE.org>\n'
seen 'From: Me <me@EXAMPLE.org>\n' 'remains as it is'
sent 'header: null sender' '' 'From: a@example.com\n' -f ''
seen 'From: me@example.org\n' 'for the envelope alone' \
	'Reply-To: a@example.com\n'
sent 'header: answers go elsewhere' me@example.org \
	'From: a@example.com\nReply-To: r@example.com\n'
seen 'From: me@example.org\nReply-To: r@example.com\n' \
	'they still do, and the old address can be read' \
	'X-Original-From: a@example.com\n'
sent 'header: Sender' me@example.org \
	'Sender: s@example.com\nFrom: a@example.com\n'
seen 'From: me@example.org\n' 'is gone' 'Reply-To: a@example.com\n'
sent 'header: our own Sender' me@example.org \
	'Sender: Me <me@example.org>\nFrom: me@example.org\n'
seen 'Sender: Me <me@example.org>\nFrom: me@example.org\n' 'remains'
sent 'header: several authors' me@example.org \
	'From: A <a@example.com>, b@example.com\nSender: a@example.com\n'
seen 'From: <me@example.org>\n' 'are all answered' \
	'Reply-To: A <a@example.com>, b@example.com\n'
sent 'header: two From fields' me@example.org 'From: A <a>\nFrom: b\n'
seen 'From: A <me@example.org>\n' 'become one' 'Reply-To: A <a@client.example>\n'
sent 'header: no address at all' me@example.org 'From: a b c\n'
seen 'From: <me@example.org>\n' 'is no place for answers' \
	'X-Original-From: a b c\n'
sent 'header: no From' f@example.org '' -f f@example.org -F Eff
is "$(field From)" 'Eff <me@example.org>' 'M-35: ours is added'
sent 'header: long names' me@example.org \
	"From: $(printf 'x%.0s' $(seq 890)) <a@example.com>\\n"
is "$(field From)" "$(printf 'x%.0s' $(seq 890)) <me@example.org>" 'fit'

configure plain 'envelope-from = me@example.org' 'rewrite-from = header' \
	'original-from = x-original-from'
sent 'x-original-from' me@example.org 'From: A <a@example.com>\n'
seen 'From: A <me@example.org>\n' 'answers go to us' \
	'X-Original-From: A <a@example.com>\n'
configure plain 'envelope-from = me@example.org' 'rewrite-from = header' \
	'original-from = none'
sent 'none' me@example.org 'From: A <a@example.com>\n'
seen 'From: A <me@example.org>\n' 'nothing is told'
configure plain 'envelope-from = <>' 'rewrite-from = header'
sent "the profile's null sender is nobody" '' 'From: a@example.com\n'
seen "From: $login@client.example\\n" 'so the login is in From' \
	'Reply-To: a@example.com\n'

# --- both ---

configure plain 'envelope-from = me@example.org' 'rewrite-from = both'
sent 'both: -f' me@example.org 'From: A <a@example.com>\n' -f www@localhost
seen 'From: A <me@example.org>\n' 'as the header' \
	'Reply-To: A <a@example.com>\n'
sent 'both: the null sender' '' 'From: a@example.com\n' -f '<>'

# --- of each profile its own ---

configure plain 'rewrite-from = both' '[free]' 'from = *@example.net' \
	'rewrite-from = keep'
sent 'another profile' a@example.net 'From: a@example.net\n' -f a@example.net
seen 'From: a@example.net\n' 'has its own rule'
sent 'the default' a@client.example 'From: a@example.com\n' -f a@example.com
seen 'From: a@client.example\n' 'has its own' 'Reply-To: a@example.com\n'

# --- the sender map ---

cat >"$map" <<END
daemon: d+web1@example.org
$login: Me <me@example.org>
www-data: wwwrun
two: a@example.org, b@example.org
prog: |/bin/cat
END
configure plain -envelope-from "sender-map = $map"
sent 'the map: the login' me@example.org 'From: daemon (Cron Daemon)\n'
seen 'From: d+web1@example.org (Cron Daemon)\n' 'and the names in From'
sent 'the map: -f' d+web1@example.org 'From: a@example.com\n' -f daemon
sent 'the map: at this host' d+web1@example.org \
	'From: daemon@localhost\nReply-To: DAEMON\nTo: daemon\n' -f "daemon@$(uname -n)"
seen 'From: d+web1@example.org\nReply-To: d+web1@example.org
To: daemon@client.example\n' 'but not who receives'
sent 'the map: a bare one' wwwrun@client.example 'From: www-data\n' -f www-data
seen 'From: wwwrun@client.example\n' 'gets the domain'
sent 'the map: others' x@client.example 'From: a@example.com\n' -f x
sent 'the map: addresses' daemon@example.com 'From: daemon@example.com\n' \
	-f daemon@example.com
unsent 78 "*$map:4: two: one address*" 'the map: two of them' -f two
unsent 78 "*$map:5: prog: one address*" 'the map: a program' -f prog
configure plain -envelope-from "sender-map = $map" 'rewrite-from = both'
sent 'the map and the rule' me@example.org 'From: A <a@example.com>\n' -f x
seen 'From: A <me@example.org>\n' 'agree' 'Reply-To: A <a@example.com>\n'
echo '*: all@example.org' >"$map"
configure plain -envelope-from "sender-map = $map"
sent 'the map: everybody' all@example.org 'From: anybody\n'
seen 'From: all@example.org\n' 'sends with one address'
rm "$map"
unsent 78 "*$map: No such file*" 'the map: not there'
sent 'the map: not there, and not wanted' f@example.org \
	'From: a@example.com\n' -f f@example.org
configure plain 'rewrite-from = always'
unsent 78 '*rewrite-from*keep, header, both*' 'a word that is none'

is "$(faults)" '' 'and pneu kept to the rules all along'
done_testing
