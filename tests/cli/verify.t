#!/bin/sh
# -bv, and newaliases under its three names: what they say is what a letter
# would meet; no server is asked, stdin is not read, nothing is sent.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154 # from lib.sh

. "${0%/*}/lib.sh"

aliases=$work/aliases
host_plain=127.0.0.1:1 # where nobody listens

cat >"$aliases" <<'END'
root: admin@example.org
ops: root, bob@example.org
prog: |/usr/bin/vacation "a, b"
null: /dev/null
loop1: loop2
loop2: loop1
mixed: :include:/etc/list, bob@example.org
no colon here
bob@example.org: root
root: second@example.org
broken: a b
END

# said STATUS LINES NAME ARGUMENTS: to standard output, with nothing to read.
said() {
	expected="$1:$2" name=$3
	shift 3
	pneu_run "$@" <&-
	is "$status:$(cat "$out")" "$expected" "$name"
	is "$(cat "$err")" '' "$name: and nothing else"
}

configure plain "aliases = $aliases" '[work]' 'from = *@work.example'
by='by profile default, 127.0.0.1:1'

said 0 "bob@example.org: to bob@example.org $by" 'an address' \
	-bv bob@example.org
said 0 "root: to admin@example.org $by" 'an alias' -bv root
said 0 "ops: to bob@example.org $by
ops: to admin@example.org $by" 'a list' -bv ops
said 0 "eve: to eve@client.example $by" 'no alias' -bv eve
said 0 "root: to root@client.example $by" '-n' -n -bv root
said 0 "null: discarded by $aliases:4: null: /dev/null" 'discarded' -bv null
said 0 "root: to admin@example.org by profile work, 127.0.0.1:1" \
	'the profile is that of the sender' -bv -f me@work.example root
said 67 "prog: refused: $aliases:3: prog: |/usr/bin/vacation \"a, b\": \
a letter is given to no program" 'a program' -bv prog
said 67 "loop1: refused: $aliases:5: loop1: loop2: \
it leads back to itself alone" 'a loop' -bv loop1
said 67 "mixed: refused: $aliases:7: mixed: :include:/etc/list: \
no other file is read
mixed: to bob@example.org $by
eve: to eve@client.example $by" 'several' -bv mixed eve mixed

pneu_run -bv <&-
is "$status:$(cat "$out")" 64: 'nobody to be asked about'
like "$(cat "$err")" '*no recipients*arguments*' 'is told how'
pneu_run -bv -t <"$letter"
is "$status:$(cat "$out")" 64: '-t: no letter is read'
pneu_run -bv 'a b' <&-
is "$status:$(cat "$out")" 65: 'what is no address'
pneu_as sendmail -bv root <&-
is "$status:$(cat "$out")" "0:root: to admin@example.org $by" \
	'under the name sendmail'
configure unix "aliases = $aliases" 'host = /run/pneu/submit.sock'
said 0 'root: to admin@example.org by profile default, /run/pneu/submit.sock' \
	'a socket' -bv root
configure plain "aliases = $work/none"
pneu_run -bv root <&-
is "$status:$(cat "$out")" 78: 'an alias file that is not there'
configure plain -host
pneu_run -bv root <&-
is "$status:$(cat "$out")" 78: 'no smarthost'

# --- newaliases ---

configure plain "aliases = $aliases"
list="$aliases:3: prog: |/usr/bin/vacation \"a, b\": a letter is given to no program
$aliases:5: loop1: loop2: it leads back to itself alone
$aliases:6: loop2: loop1: it leads back to itself alone
$aliases:7: mixed: :include:/etc/list: no other file is read
$aliases:8: no colon here: there is no name and no colon
$aliases:9: bob@example.org: an address; only names are looked up
$aliases:10: root: second@example.org: this name stands there before, and the first line counts
$aliases:11: broken: a b: this is no address"
said 0 "$list" 'pneu -bi' -bi
said 0 "$list" 'pneu -I' -I
pneu_as newaliases <&-
is "$status:$(cat "$out" "$err")" "0:$list" newaliases
pneu_as sendmail -bi <&-
is "$status:$(cat "$out" "$err")" "0:$list" 'sendmail -bi'
echo 'root: admin@example.org' >"$aliases"
said 0 '' 'a file that is followed' -bi
awk 'BEGIN {
	printf "big: u0"
	for (i = 1; i < 2000; i++)
		printf ", u%d", i
	for (i = 0; i < 700; i++)
		printf "\nx%d: big", i
	print "\nprog: |/bin/cat"
}' >"$aliases"
pneu_run -bi <&-
is "$status:$(cat "$out")" \
	"0:$aliases:702: prog: |/bin/cat: a letter is given to no program" \
	'a file too large to look for loops: its lines are listed'
like "$(cat "$err")" '*more than 1000000 names*' 'and that is said'
configure plain "aliases = none"
said 0 '' 'no file' -bi
configure plain "aliases = $work/none"
pneu_as newaliases <&-
is "$status:$(cat "$out")" 0: 'a file that is not there'
like "$(cat "$err")" "*$work/none*" 'is said to be so'
chmod go+w "$aliases"
configure plain "aliases = $aliases"
pneu_as newaliases <&-
is "$status:$(cat "$out")" 0: 'a file that others may write'
like "$(cat "$err")" '*chmod*' 'is said to be so'
configure plain -host
pneu_as newaliases <&-
is "$status" 0 'no smarthost yet'

done_testing
