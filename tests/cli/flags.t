#!/bin/sh
# The command line, under the name pneu and under those of others, and what an
# enemy might write into it.  Catalogue: G-01 to G-11, P-04, P-07.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154,SC2016 # from lib.sh; texts that must not expand

. "${0%/*}/lib.sh"

cr=$(printf '\r') lf='
'
# All letters that a flag could have.
letters=$(printf '%s ' A B C D E F G H I J K L M N O P Q R S T U V W X Y Z \
	a b c d e f g h i j k l m n o p q r s t u v w x y z 0 1 2 3 4 5 6 7 8 9 \
	'?' '#' @ _ = + : / .)

# under NAME ARGUMENTS: pneu_as, without what need not be done a thousand times.
under() {
	as=$1
	shift
	timeout 60 "$work/names/$as" "$@" <"$letter" >"$out" 2>"$err"
	status=$?
}

# Puts into $came what came of a run: its status, what it said, and the sender
# and the recipients that the smarthost then had.
look() {
	came=$status:
	if [ -e "$host_dir/new/$((count + 1))" ]; then
		count=$((count + 1))
		came=$came$(cat "$out" "$err"):$(envelope_lines $count |
			tr -d '\r' | sed 's/^[A-Z ]*:\(<[^>]*>\).*/\1/' |
			tr '\n' ' ' | sed 's/ $//')
	else
		came="${came}nothing sent"
	fi
}

# came EXPECTED NAME
came() {
	look
	is "$came" "$1" "$2"
}

# Arguments as the name of a test.
shown() {
	echo "$*" | head -c 200 | tr '\n' ' ' | cat -v | cut -c1-60
}

# sends ENVELOPE ARGUMENTS: in silence, whatever the name.
sends() {
	expected="0::$1"
	shift
	for as in pneu sendmail foo; do
		under $as "$@"
		look
		[ "$came" = "$expected" ] || break
	done
	is "$came" "$expected" "$row: $(shown "$@") ($as)"
}

# refuses STATUS ARGUMENTS: whatever the name, and says why, in two lines.
refuses() {
	expected="$1:nothing sent"
	shift
	for as in pneu sendmail foo; do
		under $as "$@"
		look
		[ "$came" = "$expected" ] || break
		came=$came$(cat "$out" && awk 'NR > 2 || length() > 518 ||
			!/^pneu: [ -~]+$/' "$err")
		[ -s "$err" ] || came="$came, and nothing is said"
		[ "$came" = "$expected" ] || break
	done
	is "$came" "$expected" "$row: $(shown "$@") ($as)"
}

smarthost_start --plain
configure plain
count=0
usual='<a@client.example> <b@example.org>'

names='sendmail foo mailq newaliases PNEU pneu.exe'
mkdir "$work/names"
for as in pneu $names; do
	ln -s "$PNEU" "$work/names/$as"
done

# --- flags of sendmail's callers ---

row='G-01: accepted'
for flag in -oem -oep -oeq -oew -oee -odb -odi -odq -odd -oo -oT -oi -om -os \
    -o7 -o8 -oQ/x -oAx -bm -em -eq -i -B8BITMIME -B7BIT -G -n -U -Nnever \
    -Nsuccess,failure,delay -Rhdrs -Rfull -Vid -Ltag -pESMTP:host -Ac -Am -c \
    -m -s -T -d0.1 -d -ODeliveryMode=b -OErrorMode=q -OQueueDirectory=/x \
    -X/x -D/x -Mfoo -x -t -FName -tiGU -Gio8; do
	if [ $flag = -t ] || [ $flag = -tiGU ]; then
		sends "$usual" $flag
	else
		sends "$usual" $flag b@example.org
	fi
done
row='G-04: its value is the next argument'
for flag in -B -D -e -F -L -M -O -o -p -V -X -A; do
	sends "$usual" $flag x@example.org b@example.org
done
sends "$usual" -N delay,failure -R hdrs b@example.org
row='G-05: no wish for reports'
for bad in -Nsometimes -Nnever,failure '-N b@example.org' -Rbody -N; do
	# shellcheck disable=SC2086
	refuses 64 $bad
done
row='G-04: bundled, glued, separate'
sends "$usual" -i -t
sends "$usual" -it
sends '<x@example.org> <b@example.org>' -itfx@example.org
sends '<x@example.org> <b@example.org>' -itf x@example.org
sends '<x@example.org> <b@example.org>' -GUrx@example.org -- b@example.org
sends "$usual" -o i b@example.org
sends "$usual" -b m b@example.org
sends "$usual" b@example.org -i -oem
sends '<a@client.example> <-i@client.example> <b@example.org>' \
	-t -- -i
sends '<a@client.example> <b@example.org> <c@example.org>' \
	b@example.org -i -- c@example.org
under pneu -C "$PNEU_CONFIG" b@example.org
came "0::$usual" 'G-04: -C as pneu: the same file'
under sendmail -h 3 b@example.org
came "0::$usual" 'G-01: accepted: -h 3 (sendmail)'

row='G-01: in no row'
known=$("$PNEU" --help | sed -n 's/^  -\([A-Za-z]\).*/\1/p' | sort -u)
for l in $letters; do
	case $known in
	*$l*) ;;
	*) refuses 64 "-$l" b@example.org ;;
	esac
done
row='G-01: a mode that is none'
for mode in -bd -bD -bt -bh -bH -bP -bz '-b b@example.org' -bmm; do
	# shellcheck disable=SC2086 # two words
	refuses 64 $mode b@example.org
done
for as in mailq newaliases; do
	under $as b@example.org
	look
	like "$came" '*:nothing sent' "P-04: $as never sends a letter"
done

# --- the sender ---

row=G-02
sends '<> <b@example.org>' -f '' b@example.org
sends '<> <b@example.org>' -f '<>' b@example.org
sends '<> <b@example.org>' '-f<>' b@example.org
sends '<> <b@example.org>' -r '' b@example.org
row='G-03: the last one counts'
sends '<y@example.org> <b@example.org>' -f x@example.org -f y@example.org \
	b@example.org
sends '<y@example.org> <b@example.org>' -r x@example.org -fy@example.org \
	b@example.org
sends '<y@example.org> <b@example.org>' -f x@example.org -r y@example.org \
	b@example.org
sends '<> <b@example.org>' -f x@example.org -r '' b@example.org
row='G-03: no value'
refuses 64 b@example.org -f
refuses 64 b@example.org -tif
refuses 64 b@example.org -F
refuses 64 b@example.org -X
row='G-04: forms of a sender'
sends '<x@client.example> <b@example.org>' -f x b@example.org
sends '<x@example.org> <b@example.org>' -f '"X, Y" <x@example.org>' \
	b@example.org
sends '<x@example.org> <b@example.org>' -f '<x@example.org>' b@example.org
row='G-05: no sender'
for bad in 'x@example.org, y@example.org' 'x y@example.org' 'x@' '@example.org' \
    'x@example.org>' '<x@example.org' 'g: x@example.org;' 'büro@example.org'; do
	refuses 65 -f "$bad" b@example.org
done

# --- what is smuggled into a value ---

row='G-05: a line end'
evil="x@example.org${lf}RCPT TO:<evil@example.org>"
for flag in -f -r -F -V -N -R -X -L -O -h -p -B; do
	refuses 64 b@example.org "$flag$evil"
done
for end in "$cr" "$lf" "$cr$lf"; do
	refuses 64 -f "x@example.org$end" b@example.org
	refuses 64 "b@example.org${end}c@example.org"
	refuses 64 -- "b@example.org$end" b@example.org
	refuses 64 "-i$end" b@example.org
done
for key in ehlo-name domain envelope-from user host; do
	under pneu "--$key=$evil" b@example.org
	came '64:nothing sent' "$row in --$key"
	variable=PNEU_$(echo $key | tr 'a-z-' 'A-Z_')
	env "$variable=$evil" "$PNEU" b@example.org <"$letter" >"$out" 2>"$err"
	status=$?
	came '78:nothing sent' "$row in $variable"
done
row='G-05: another control character'
for octal in 001 007 010 011 033 177; do
	refuses 64 -f x@example.org b@example.org "$(printf %b "\\0$octal")"
	refuses 64 -F "$(printf %b "x\\0${octal}y")" b@example.org
done

row='G-06: an address that looks like flags'
got=
for l in $letters; do
	under sendmail "-$l@example.org"
	look
	case $came in
	6[45]:nothing\ sent | 0:nothing\ sent) ;;
	*) got="$got -$l@example.org: $status" ;;
	esac
done
is "$got" '' "$row is no recipient"
row='G-06: behind --'
sends '<a@client.example> <-x@example.org> <--y@example.org>' -- \
	-x@example.org --y@example.org
sends '<a@client.example> <-t@client.example> <b@example.org>' -- -t \
	b@example.org

# --- plain data ---

row='G-07'
sends '<a@client.example> <|id@client.example>' '|id'
sends '<a@client.example> <`id`@client.example>' '`id`'
sends "<a@client.example> </etc/passwd@client.example>" /etc/passwd
sends '<a@client.example> <|id@example.org>' '|id@example.org'
sends '<a@client.example> <$@client.example>' '$(id)'
sends '<a@client.example> <${IFS}@client.example>' '${IFS}'
row='G-07: not even an address'
refuses 65 ';id'
refuses 65 '|id;id'
refuses 65 ':include:/etc/passwd'
refuses 65 '"|/bin/sh -c id" x'
row='G-09'
refuses 65 'b@example.org> SIZE=1'
refuses 65 'b@example.org> NOTIFY=NEVER ORCPT=rfc822;b'
refuses 65 '<b@example.org> BODY=8BITMIME'
refuses 65 -f 'x@example.org> SIZE=1' b@example.org
refuses 65 -f '<x@example.org> SIZE=1' b@example.org

# --- much of it ---

row='G-10: 128 kB'
big=$(head -c 131000 /dev/zero | tr '\0' x)
refuses 65 "$big"
refuses 65 "$big@example.org"
refuses 64 -f "$big" b@example.org
refuses 64 "-F$big" b@example.org
refuses 64 "--$big" b@example.org
sends "$usual" "-X$big" b@example.org
for key in host user domain ehlo-name profile config; do
	pneu_run --$key "$big" b@example.org <"$letter"
	look
	like "$came" '[67][0-9]:nothing sent' "$row in --$key"
	is "$(head -1 "$err" | wc -c | awk '{ print ($1 <= 512) }')" 1 \
		"$row in --$key: and few words are made of it"
done
row='G-10: many arguments'
# shellcheck disable=SC2046 # many words
sends "$usual" $(yes b@example.org | head -40000)
# shellcheck disable=SC2046
sends "$usual" $(yes -- '-i -oem' | head -20000) b@example.org
row='G-10: an empty one'
refuses 64 ''
sends "$usual" '' b@example.org ''

# --- secrets ---

row='G-11: no password in the arguments'
for as in pneu sendmail; do
	for way in --password=sesame '--password sesame' --passw=sesame \
	    --PASSWORD=sesame; do
		# shellcheck disable=SC2086 # two words
		under $as $way b@example.org
		came '64:nothing sent' "$row: $way ($as)"
		unlike "$(cat "$err")" '*sesame*' "$row: and it is not repeated"
	done
done
unlike "$("$PNEU" --help)" '*--password *' "$row: --help has none either"
PNEU_PASSWORD=sesame "$PNEU" b@example.org <"$letter" >"$out" 2>"$err"
status=$?
came '78:nothing sent' 'G-11: nor in the environment'
like "$(cat "$err")" '*PNEU_PASSWORD*PNEU_PASSWORD_FILE*' \
	'G-11: and what to use instead is said'
unlike "$(cat "$err")" '*sesame*' 'G-11: not what it was'

# --- nothing is read, written or run under other names (G-08, P-07) ---

# What is offered as a file, a program, a directory, a configuration.  Each run
# is without a recipient but those that its arguments may make.
bait=$work/bait
printf '#!/bin/sh\necho "$0 $*" >>%s\n' "$work/ran" >"$bait"
chmod 700 "$bait"
long_names=$("$PNEU" --help | sed -n 's/^[^-]*\(-[a-zA-Z], *\)*--\([a-z-]*\).*/\2/p')
like "$long_names" "*host*password-command*log*" 'the names of long options'

tab=$(printf '\t')
# Every row that has a name, and attacks that are known, one a line, its
# words parted by tabs.
for name in $long_names password from; do
	printf '%s\n' "--$name=$bait" "--$name$tab$bait" "--$name" \
		"-i$tab--$name=$bait"
done >"$work/long"
{
	for l in $letters; do
		printf '%s\n' "-$l$bait" "-$l$tab$bait" "-t$l$bait"
	done
	printf '%s\n' "-OQueueDirectory=$work$tab-X$bait" \
		"-oQ$work$tab-X$bait" "-be$tab\${run{$bait}}" \
		"-be\${run{$bait}}" "-bt$tab$bait" "-bP$tab$bait" \
		"-Mf$tab$bait" "-q$tab-X$bait" "-oC$bait" "-oA$bait" \
		"-O${tab}AliasFile=$bait" "-O${tab}LogFile=$bait" \
		"-OErrorFile=$bait" "-d99$tab-D$bait" "-f-C$bait" \
		"-f$tab-X$bait" "|$bait" "\"|$bait\"" ":include:$bait" "$bait" \
		"\`$bait\`" "\$($bait)" "--$tab-X$bait" "--$tab--config=$bait"
} >"$work/short"
cat >"$work/siege" <<-'END'
	ifs=$IFS tab=$(printf '\t')
	# run NAME LINE STATUSES: one of STATUSES, and nothing on stdout.
	run() {
		as=$1 line=$2 statuses=$3
		set -f
		IFS=$tab
		# shellcheck disable=SC2086 # it is meant to be split
		set -- $line
		IFS=$ifs
		"$work/names/$as" "$@" <"$letter" >"$out" 2>"$err"
		status=$?
		case " $statuses " in
		*" $status "*) [ ! -s "$out" ] || echo "prints: $as $line" ;;
		*) echo "status $status: $as $line" ;;
		esac
	}
	while IFS= read -r line; do
		run sendmail "$line" 64
	done <"$work/long"
	while IFS= read -r line; do
		run sendmail "$line" '0 64 65'
	done <"$work/short"
	for as in $names; do
		for line in --config="$bait" --password-command="$bait" \
		    --log="$bait" --host=evil.example; do
			run $as "$line" 64
		done
	done
END
mkdir "$work/empty"
export work letter out err bait names
# A strange directory, so that a relative path would be seen too.
trace=
# A stranger's eyes see little of a process that cannot be dumped.
[ "$(id -u)" = 0 ] && strace -o "$work/trace" true 2>/dev/null && trace=yes
: >"$work/trace"
(
	cd "$work/empty" || exit
	if [ -n "$trace" ]; then
		strace -f --seccomp-bpf -qq -o "$work/trace" \
			-e trace=open,openat,execve,connect,readlink,%stat \
			-E ASAN_OPTIONS=detect_leaks=0 sh "$work/siege"
	else
		sh "$work/siege"
	fi
) >"$work/siege.log" 2>&1
is "$(cat "$work/siege.log")" '' \
	'P-07: each row and each attack: ignored or 64, and nothing printed'
is "$(cat "$work/ran" 2>/dev/null)" '' 'P-07: nothing was run'
is "$(ls -A "$work/empty")" '' 'P-07: nothing was written'
is "$(grep -c . "$bait")" 2 'P-07: nor changed'
if [ -n "$trace" ]; then
	is "$(grep -c 'execve(.*names/' "$work/trace" | awk '{ print ($1 > 300) }')" \
		1 'P-07: under the eyes of strace'
	like "$(grep 'connect(' "$work/trace")" "*htons(${host_plain##*:})*" \
		'P-07: who see what is done'
	is "$(grep -E "^[0-9]+ +(open|openat|creat|stat|newfstatat|access|unlink|\
rename|link|symlink|mkdir|chmod|readlink)[a-z0-9]*\(.*(bait|$work/x)" \
		"$work/trace" | head -3)" '' 'P-07: no file was looked at'
	is "$(grep -E 'execve\(' "$work/trace" |
		grep -vE 'execve\("[^"]*/(names/[^"]*|sh)"' | head -3)" '' \
		'P-07: no program was run'
	is "$(grep -E 'connect\(' "$work/trace" |
		grep -vE "htons\(${host_plain##*:}\)|/dev/log|nscd" | head -3)" '' \
		'P-07: no other server was spoken to'
else
	diag 'P-07: no strace, or not root: what is only read is not noticed'
fi

# What the name pneu itself may be told, others do not hear of.
for as in sendmail foo; do
	under $as -v -C "$bait" -X "$work/x" b@example.org
	is "$status" 0 "G-08: -C and -X are accepted as $as"
	like "$(cat "$err")" '*-C: only the name pneu*-X: no file*' \
		'G-08: and noted, which is shown with -v'
done
[ -e "$work/x" ]
is $? 1 'G-08: no file was written'
under pneu -C "$bait" b@example.org
is "$status" 78 'G-08: the name pneu reads it: no configuration'

is "$(faults)" '' 'and pneu kept to the rules all along'
done_testing
