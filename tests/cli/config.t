#!/bin/sh
# Where settings come from and which of them count; whom a file may belong to;
# and that a secret goes nowhere but to its own server.  Catalogue: G-12 to
# G-15, P-16, O-02.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154 # from lib.sh

. "${0%/*}/lib.sh"

file=$work/a.conf

# write LINE...: the configuration file.
write() {
	rm -f "$file"
	printf '%s\n' "$@" >"$file"
	chmod 600 "$file"
	PNEU_CONFIG=$file
	export PNEU_CONFIG
}

# shown ARGUMENTS: --print-config into $out.
shown() {
	pneu_run --print-config "$@" </dev/null
	[ $status -eq 0 ] || diag "status $status: $(cat "$err")"
}

# setting KEY: "VALUE (ORIGIN)" as it is in $out.
setting() {
	awk -v key="$1" '
		$0 == "# " key " is not set" { print "not set" }
		$0 == "# " key " is set" { print "set (" origin ")" }
		/^# / && !/ is (not )?set$/ { origin = substr($0, 3) }
		index($0, key " = ") == 1 {
			print substr($0, length(key) + 4) " (" origin ")"
		}' "$out" | sed "s|$work/||"
}

# refuses NAME WORDS ARGUMENTS: status 78, with words that match.
refuses() {
	name=$1 words=$2
	shift 2
	pneu_run --print-config "$@" </dev/null
	like "$status:$(cat "$out" "$err")" "78:pneu: $words" "$name"
}

# --- precedence ---

# KEY|FLAG|ENVIRONMENT|PROFILE|DEFAULT: each where only those behind it are set.
while IFS='|' read -r key one two three four; do
	variable=PNEU_$(echo "$key" | tr 'a-z-' 'A-Z_')
	write 'host = h.example' "$key = $four" '[p]' 'from = *@p.example' \
		"$key = $three"
	pneu_run --print-config --profile=p
	got=$(setting "$key")
	shown
	got="$got, $(setting "$key")"
	export "$variable=$two"
	shown --profile=p
	got="$got, $(setting "$key")"
	shown --profile=p "--$key=$one"
	got="$got, $(setting "$key")"
	unset "$variable"
	is "$got" "$three (a.conf:5), $four (a.conf:2), $two ($variable), \
$one (flag)" "precedence: $key"
done <<'END'
port|1001|1002|1003|1004
tls|starttls|implicit|starttls|implicit
tls-trust|/a|/b|/c|/d
tls-server-name|a.example|b.example|c.example|d.example
user|a|b|c|d
source-address|127.0.0.1|127.0.0.2|127.0.0.3|127.0.0.4
profile-by-header|yes|no|yes|no
envelope-from|a|b|c|d
domain|a.example|b.example|c.example|d.example
ehlo-name|a.example|b.example|c.example|d.example
connect-timeout|1s|2s|3s|4s
timeout|1s|2s|3s|4s
deadline|1s|2m|3h|4d
recipients|any|all|any|all
chunking|no|yes|grouped|no
END

write 'host = h.example' 'user = me' 'auth-unverified'
refuses 'a key needs a value' '*a.conf:3:*'
write 'host = h.example' '[p]'
shown --profile=p
is "$(setting tls):$(setting port)" 'implicit (default):465 (default)' \
	'implicit TLS is the default'
for way in 'tls = starttls|starttls 587' 'tls = none|none 25' \
    'port = 465|implicit 465' 'port = 26|starttls 26' \
    'tls = implicit|implicit 465'; do
	write 'host = h.example' "${way%|*}"
	shown
	is "$(setting tls | sed 's/ .*//') $(setting port | sed 's/ .*//')" \
		"${way#*|}" "${way%|*} alone"
done

# --- the account ---

write 'host = one.example' 'port = 1001' 'tls = starttls' 'tls-trust = /ca' \
	'user = alice' 'password = sesame' 'timeout = 7s' '[same]' \
	'user = bob' '[other]' 'host = two.example' '[full]' \
	'host = three.example' 'user = carol' 'password-file = /secret'
# account ARGUMENTS: what is in force of it.
account() {
	shown "$@"
	for key in host port tls-trust user password password-file timeout; do
		setting $key | sed 's/ (.*//'
	done | tr '\n' ' '
}
is "$(account)" 'one.example 1001 /ca alice set not set 7s ' \
	'the account of default'
is "$(account --profile=same)" 'one.example 1001 /ca bob set not set 7s ' \
	'a profile without a host inherits it'
nothing='system not set not set not set 7s '
is "$(account --profile=other)" "two.example 465 $nothing" \
	'one with a host inherits nothing of it, but the rest'
is "$(account --profile=full)" \
	'three.example 465 system carol not set /secret 7s ' \
	'and has its own'
is "$(account --host=evil.example)" "evil.example 465 $nothing" \
	'a host from a flag starts an empty account'
is "$(account --host=evil.example --profile=full)" \
	"evil.example 465 $nothing" 'also over a profile that has one'
PNEU_HOST=evil.example && export PNEU_HOST
is "$(account)" "evil.example 465 $nothing" \
	'a host from the environment does'
PNEU_USER=eve PNEU_PASSWORD_FILE=/eve && export PNEU_USER PNEU_PASSWORD_FILE
is "$(account)" 'evil.example 465 system eve not set /eve 7s ' \
	'with what the environment says'
is "$(account --host=other.example)" "other.example 465 $nothing" \
	'of which nothing goes to a host from a flag'
is "$(account --host=other.example --user=me --password-file=/mine)" \
	'other.example 465 system me not set /mine 7s ' \
	'unless flags say it too'
unset PNEU_HOST
is "$(account)" 'one.example 1001 /ca eve not set /eve 7s ' \
	'a place of the password replaces those below it'
unset PNEU_USER PNEU_PASSWORD_FILE

# The same, as a server sees it.
smarthost_start --plain --auth-before-tls --auth optional
port=${host_plain##*:}
sent_as() {
	pneu_run "$@" b@example.org <"$letter"
	[ $status -eq 0 ] || diag "status $status: $(cat "$err")"
	envelope "$(stored_count)" auth
}
write 'host = 127.0.0.1' "port = $port" 'tls = none' 'user = alice' \
	'password = sesame' 'auth-unverified = yes' 'domain = client.example' \
	'ehlo-name = client.example' 'log = none' '[other]' \
	'host = 127.0.0.1' "port = $port" 'tls = none'
is "$(sent_as)" alice 'the password of the file goes to its host'
is "$(sent_as --host=127.0.0.1 --port="$port" --tls=none)" '' \
	'but to none from a flag, even of the same name'
PNEU_HOST=127.0.0.1 PNEU_PORT=$port PNEU_TLS=none
export PNEU_HOST PNEU_PORT PNEU_TLS
is "$(sent_as)" '' 'nor from the environment'
unset PNEU_HOST PNEU_PORT PNEU_TLS
is "$(sent_as --profile=other)" '' 'nor from a profile'
is "$(stored_count)" 4 'all of them were sent'

# --- which profile ---

write 'host = 127.0.0.1' "port = $port" 'tls = none' 'log = none' \
	'domain = client.example' 'ehlo-name = default.example' \
	'envelope-from = a@client.example' \
	'[work]' 'from = *@work.example, me@corp.example' \
	'ehlo-name = work.example' \
	'[late]' 'from = *@late.example *@work.example' 'ehlo-name = late.example' \
	'[bare]' 'from = cron' 'ehlo-name = bare.example' \
	'[unnamed]' 'ehlo-name = unnamed.example'
# chosen EXPECTED FROM ARGUMENTS: which profile sends a letter from FROM.
chosen() {
	expected=$1 from=$2
	shift 2
	before=$(stored_count)
	{ printf 'From: %b\n' "$from" && sed 1d "$letter"; } >"$work/in"
	timeout 60 "$work/names/$as" "$@" b@example.org <"$work/in" \
		>"$out" 2>"$err"
	status=$?
	is "$status:$(sed -n 's/^EHLO \(.*\)\.example.*/\1/p' \
		"$host_dir/envelope/$((before + 1))" | tr -d '\r')" \
		"0:$expected" "profile: as $as, $* from ${from%%\\n*}"
}
mkdir -p "$work/names"
ln -s "$PNEU" "$work/names/pneu"
ln -s "$PNEU" "$work/names/sendmail"
as=pneu
chosen default x@example.org
chosen work me@work.example
chosen work 'Me <ME@work.EXAMPLE>'
chosen default Me@corp.example
chosen late '"a,b" (x@work.example)\n <x@late.example>, y@work.example'
chosen default 'broken <x@late.example'
chosen work x@late.example -f x@work.example
chosen work x@late.example -r 'X <x@work.example>'
chosen default x@late.example -f x@example.org
chosen late x@late.example -f '<>'
chosen bare x@late.example -f cron
chosen default x@late.example --profile=default
chosen unnamed x@late.example -f x@work.example --profile=unnamed
PNEU_PROFILE=unnamed && export PNEU_PROFILE
chosen unnamed x@late.example -f x@work.example
chosen late x@work.example --profile=late
as=sendmail
chosen unnamed x@late.example
unset PNEU_PROFILE
chosen default x@late.example
chosen work x@late.example -f x@work.example
PNEU_PROFILE_BY_HEADER=yes && export PNEU_PROFILE_BY_HEADER
chosen late x@late.example
unset PNEU_PROFILE_BY_HEADER
sed -i '1s/^/profile-by-header = yes\n/' "$file"
chosen late x@late.example
PNEU_PROFILE_BY_HEADER=no && export PNEU_PROFILE_BY_HEADER
chosen default x@late.example
unset PNEU_PROFILE_BY_HEADER
sed -i '1d; s/^\[late\]/&\nprofile-by-header = yes/' "$file"
chosen default x@late.example
is "$(faults)" '' 'and the smarthost found no fault'

shown -f 'Me <me@work.example>'
is "$(head -1 "$out")" '# profile work' '--print-config heeds -f'
shown -f ''
is "$(head -1 "$out")" '# profile default' 'and the null sender'
pneu_run --profile=none b@example.org <"$letter"
like "$status:$(cat "$err")" '64:*no profile "none"*a.conf*' \
	'a profile that is not there'
PNEU_PROFILE=none "$PNEU" b@example.org <"$letter" >"$out" 2>"$err"
like "$?:$(cat "$err")" '78:*no profile "none"*a.conf*' \
	'and one from the environment'
smarthost_stop

# --- secrets are shown as set or unset (O-02) ---

write 'host = h.example' 'user = me' 'password = "  sesame # "'
shown
is "$(setting password)" 'set (a.conf:3)' 'O-02: a password that is set'
is "$(grep -c sesame "$out")" 0 'O-02: and not what it is'
is "$(awk '/^[^#]/ && !/^[a-z-]+ = [ -~]+$/' "$out")" '' \
	'--print-config has the form of pneu.conf'
{
	sed 's/^# \(user\|password\) is not set//' "$out"
	echo 'password = sesame'
} >"$work/again.conf"
pneu_run --print-config -C "$work/again.conf"
is "$status:$(grep -v '^#' "$out")" "0:$(sed -n '/^[^#]/p' "$work/again.conf" |
	grep -v '^password')" 'and can be read again'

# --- what is wrong in a file (G-13, G-14, P-16) ---

h='host = h.example'
# bad NAME WORDS LINE...
bad() {
	name=$1 words=$2
	shift 2
	write "$@"
	refuses "$name" "$words"
	unlike "$(cat "$err")" '*sesame*' 'P-16: and no secret is repeated'
}
bad 'G-14: an unknown key' '*a.conf:2: hsot:*did you mean host*' "$h" 'hsot = x'
bad 'G-14: one like nothing' '*a.conf:2: this is no key' "$h" 'qqqqqqqq = x'
bad 'G-14: in capitals' '*a.conf:2:*' "$h" 'TLS = none'
bad 'G-14: a key twice' '*a.conf:3: host:*already*' "$h" '' "$h"
bad 'G-14: twice in a profile' '*a.conf:4: timeout:*already*' "$h" '[p]' \
	'timeout = 1s' 'timeout = 1s'
bad 'G-14: a typo in tls' '*a.conf:2: tls: "startls" is none of implicit, *' \
	"$h" 'tls = startls'
bad 'G-14: tls = off' '*a.conf:2: tls:*' "$h" 'tls = off'
bad 'G-14: a number that is none' '*a.conf:2: port: "465x"*' "$h" 'port = 465x'
bad 'G-14: one too large' '*a.conf:2: port:*1 to 65535' "$h" 'port = 65536'
bad 'G-14: a time that is none' '*a.conf:2: timeout:*' "$h" 'timeout = soon'
bad 'G-14: a key of the command line' '*a.conf:2:*' "$h" 'config = /x'
bad 'G-14: no =' '*a.conf:2:*no =*' "$h" 'user me'
bad 'G-14: no value' '*a.conf:2: user: "" is empty' "$h" 'user ='
bad 'G-14: a profile twice' '*a.conf:3: p:*already*' "$h" '[p]' '[p]'
bad 'G-14: a profile without a name' '*a.conf:2:*' "$h" '[]'
bad 'G-14: a profile without its end' '*a.conf:2:*' "$h" '[p'
bad 'G-14: an include' '*a.conf:2:*' "$h" "include = $file"
bad 'a relative path' '*a.conf:2: log:*does not begin with /*' "$h" 'log = x'
bad 'no host' '*no host is set*host = *' 'user = x'
bad 'a URL as host' '*host*no host name*' 'host = smtps://h.example'
bad 'a port in host' '*host*no host name*key of its own: port' \
	'host = h.example:465'
bad 'a password for nobody' '*no user*' "$h" 'password = sesame'
bad 'a password in two places' '*one place only*' "$h" 'user = x' \
	'password = sesame' 'password-file = /x'
bad 'a password in the clear' '*without TLS*tls = implicit*' "$h" 'user = x' \
	'password = sesame' 'tls = none'
bad 'TLS on a unix socket' '*unix socket*' 'host = /run/x' 'tls = implicit'
bad 'a user on a unix socket' '*unix socket*' 'host = /run/x' 'user = x'
bad 'P-16: no = behind password' '*a.conf:2:*no =*' "$h" 'password sesame'
bad 'P-16: a typo in password' '*a.conf:2:*did you mean password*' "$h" \
	'passwrod = sesame'
bad 'P-16: a password that goes on in the next line' '*a.conf:3:*' "$h" \
	"password = x \\" 'sesame=x'
bad 'P-16: a quote that is left open' '*a.conf:3:*' "$h" 'password = "x' \
	'sesame"'
bad 'P-16: a password as the name of a profile' '*a.conf:2:*' "$h" '[sesame'
bad 'P-16: a password twice' '*a.conf:3: password:*already*' "$h" \
	'password = x' 'password = sesame'
bad 'P-16: an empty one' '*a.conf:2: password: is empty' "$h" 'password = ""'
bad 'P-16: a long one' '*a.conf:2: password: is longer*' "$h" \
	"password = sesame$(head -c 70000 /dev/zero | tr '\0' x)"
bad 'P-16: a place that is no path' '*a.conf:2: password-file: does not*' \
	"$h" 'password-file = sesame'
write "$h"
PNEU_PASSWORD_FILE=sesame pneu_run --print-config
is "$status:$(cat "$err")" \
	'78:pneu: PNEU_PASSWORD_FILE: does not begin with / or ~/' \
	'P-16: in the environment too'
pneu_run --password-file=sesame b@example.org
is "$status:$(cat "$err")" \
	'64:pneu: --password-file does not begin with / or ~/' \
	'P-16: and as a flag'
for octal in 000 001 033; do
	write "$h"
	printf 'user = me\npassword = a%bsesame\n' "\\0$octal" >>"$file"
	pneu_run --print-config
	[ $octal != 000 ] || like "$status:$(cat "$err")" '78:*a.conf:3:*NUL*' \
		'G-13: a NUL'
	unlike "$(cat "$out" "$err")" '*sesame*' "P-16: around octet $octal"
done

# good NAME: the host is h.example.
good() {
	pneu_run --print-config
	is "$status:$(setting host | sed 's/ .*//')" 0:h.example "$1"
}
write "$h" 'user = me' 'password = x'
printf '%s' "$h" >"$file"
good 'G-13: no line end at the end'
printf '%s\r\nuser = me\r\n\r\n[p]\r\n' "$h" >"$file"
good 'G-13: CRLF'
is "$(setting user)" 'me (a.conf:2)' 'G-13: and no CR in a value'
printf '\357\273\277%s\n' "$h" >"$file"
good 'G-13: a byte order mark'
printf '\n # \n#%s\n \t \n %s \t\n' "$h" "$h" >"$file"
good 'G-13: blanks, comments, empty lines'
: >"$file"
refuses 'G-13: nothing' '*no host is set*'
{
	echo "$h"
	yes '# a comment' | head -c 1000000
} >"$file"
good 'G-13: 1 MB'
yes '# a comment' | head -c 10000000 >>"$file"
refuses 'G-13: 10 MB' '*a.conf: larger than*'
head -c 100000 /dev/urandom >"$file"
refuses 'G-13: noise' '*'
head -c 100000 "$PNEU" >"$file"
chmod 600 "$file"
refuses 'G-13: a program' '*a.conf*'

# --- whom a file may belong to, and what it may be (G-12) ---

# mends NAME: the advice is a command, and then all is well.
mends() {
	advice=$(sed -n '2s/^pneu: //p' "$err")
	sh -c "${advice#as root: }"
	good "$1: the advice mends it"
}
for mode in 620 602 666; do
	write "$h"
	chmod $mode "$file"
	refuses "G-12: mode $mode" "*a.conf has mode 0$mode*chmod*a.conf"
	mends "G-12: mode $mode"
done
for mode in 640 604 644 444; do
	write "$h" 'user = me' 'password = sesame'
	chmod $mode "$file"
	refuses "G-12: mode $mode with a secret" \
		"*a.conf has mode 0$mode*secret*chmod*a.conf"
	unlike "$(cat "$out" "$err")" '*sesame*' 'G-12: which is not shown'
	mends "G-12: mode $mode with a secret"
done
write "$h"
for mode in 644 444 400; do
	chmod $mode "$file"
	good "G-12: mode $mode without a secret"
done
file="$work/it's a \$HOME; touch x.conf"
write "$h"
chmod 666 "$file"
pneu_run --print-config
mends 'G-12: a path that means something to a shell'
file=$work/a.conf
write "$h"
mkfifo "$work/fifo"
mkdir "$work/directory"
ln -s a.conf "$work/link"
ln -s gone "$work/dangling"
ln -s loop "$work/loop"
for kind in fifo directory dangling loop none; do
	PNEU_CONFIG=$work/$kind
	refuses "G-13: $kind" "*$kind*"
	refuses "G-13: -C $kind" "*$kind*" -C "$work/$kind"
done
for kind in /dev/null /dev/zero /dev/tty "$file/x"; do
	refuses "G-13: -C $kind" "*$kind*" -C "$kind"
done
PNEU_CONFIG=$work/link
good 'G-12: a symbolic link to a safe file'
chmod 666 "$file"
refuses 'G-12: and to one that is not' '*link has mode 0666*'
write "$h"

# --- other places of the password (G-12, G-15) ---

smarthost_start --implicit
secret=$work/secret
# with KEY VALUE: the password comes from there.
with() {
	configure implicit -password "$1 = $2" 'deadline = 20s'
}
# logs_in NAME
logs_in() {
	pneu_run b@example.org <"$letter"
	is "$status:$(cat "$err"):$(envelope "$(stored_count)" auth)" 0::alice "$1"
}
# cannot STATUS NAME WORDS
cannot() {
	before=$(stored_count)
	pneu_run b@example.org <"$letter"
	like "$status:$(stored_count):$(cat "$err")" "$1:$before:pneu: $3" "$2"
	unlike "$(cat "$out" "$err")" '*sesame*' "$2: and shows no secret"
}
with password-file "$secret"
printf 'sesame' >"$secret"
logs_in 'a password from a file'
printf 'sesame\r\nand a second line\n' >"$secret"
logs_in 'which is its first line'
chmod 640 "$secret"
cannot 78 'G-12: mode 640' '*secret has mode 0640*chmod go-rwx*'
chmod 600 "$secret"
: >"$secret"
cannot 77 'an empty file' '*password-file*nothing*'
printf '\nsesame\n' >"$secret"
cannot 77 'an empty first line' '*password-file*empty*'
printf 'a\0sesame\n' >"$secret"
cannot 77 'a NUL' '*password-file*NUL*'
head -c 70000 /dev/zero | tr '\0' x >"$secret"
cannot 77 'a line of 70 kB' '*password-file*more than*'
rm "$secret"
cannot 77 'no such file' '*password-file*No such file*'
with password-file "$work/fifo"
cannot 78 'a FIFO' '*not a regular file*'

mkdir "$work/credentials"
printf 'sesame' >"$work/credentials/smtp"
with password-credential smtp
cannot 77 'no service manager' '*gives no credentials*LoadCredential=smtp:*'
export CREDENTIALS_DIRECTORY="$work/credentials"
logs_in 'a credential of the service manager'
chmod 444 "$work/credentials/smtp"
cannot 78 'G-12: a credential that others may read' '*no private file*'
chmod 400 "$work/credentials/smtp"
chmod 755 "$work/credentials"
cannot 78 'G-12: credentials where others may look' '*not private*'
with password-credential ../secret
cannot 78 'a credential elsewhere' '*.conf:*: password-credential: is no *'
unset CREDENTIALS_DIRECTORY

with password-netrc yes
cannot 77 'no netrc' '*password-netrc*No such file*'
with password-netrc "$secret"
cat >"$secret" <<'END'
# a netrc
machine other.example login alice password y
machine 127.0.0.1 login bob password y
machine 127.0.0.1
	login alice password "sesame"
END
logs_in 'a netrc'
printf 'machine 127.0.0.1 login bob password sesame\n' >"$secret"
cannot 77 'none for this login' '*no password for machine *, login alice*'
printf 'machine 127.0.0.1\nlogin alice pasword sesame\n' >"$secret"
cannot 78 'P-16: a bad netrc' "*password-netrc $secret:2: this is no netrc*"
chmod 640 "$secret"
cannot 78 'G-12: a netrc that others may read' '*chmod go-rwx*'
rm "$secret"

configure implicit -password 'password-file = /nowhere'
printf 'sesame\nand more\n' >"$secret"
for number in 3 5 9; do
	eval "pneu_run --password-fd=$number b@example.org \
		<\"\$letter\" $number<\"\$secret\""
	is "$status:$(cat "$err"):$(envelope "$(stored_count)" auth)" \
		0::alice "descriptor $number has the password"
done
printf 'sesame\nsesame\n' >"$secret"
for turn in 1 2; do
	pneu_run --password-fd 4 b@example.org <"$letter"
	is "$status" 0 "each takes one line: turn $turn"
done 4<"$secret"
rm "$secret"
pneu_run --password-fd=4 b@example.org <"$letter"
like "$status:$(cat "$err")" '77:*password-fd: descriptor 4 is not open*' \
	'a descriptor that is not open'
pneu_run --password-fd=4 b@example.org <"$letter" 4</dev/null
like "$status:$(cat "$err")" '77:*password-fd*nothing is in it*' 'an empty one'
for number in -1 0 2 x 99999999999; do
	pneu_run "--password-fd=$number" b@example.org <"$letter"
	like "$status:$(cat "$err")" '64:*--password-fd*' "no descriptor: $number"
done
pneu_run --password-fd=4 --deadline=1s b@example.org <"$letter" \
	4<>"$work/fifo"
like "$status:$(cat "$err")" '7[57]:*' \
	'one that says nothing is not waited for without end'
with password-fd 4
cannot 78 'only a flag names a descriptor' '*password-fd*'

with password-command "printf '%s\\n' \"sesame\" second"
logs_in 'G-15: a password from a command: the first of two lines'
with password-command false
cannot 77 'G-15: it fails' '*false failed*status 1*'
with password-command "$work/no-such-command"
cannot 77 'G-15: it is not there' '*cannot run*No such file*'
with password-command true
cannot 77 'G-15: it prints nothing' '*password-command*nothing*'
with password-command 'yes sesame'
cannot 77 'G-15: it prints without an end' '*yes writes too much*'
with password-command "printf sesame%s ;touch $work/x | \$HOME"
cannot 77 'G-15: there is no shell' '*'
[ -e "$work/x" ]
is $? 1 'G-15: and no second command'
with password-command 'printf sesame'
sed -i 's/^deadline.*//' "$PNEU_CONFIG"
(
	trap '' CHLD
	exec "$PNEU" b@example.org <"$letter" >"$out" 2>"$err"
)
is "$?:$(cat "$err")" 0: 'G-15: a caller that ignores SIGCHLD is harmless'
mkfifo "$work/never"
with password-command "cat $work/never"
sed -i 's/^deadline.*/deadline = 1s/' "$PNEU_CONFIG"
cannot 77 'G-15: it hangs' '*cat did not end in time*'

# --- the environment ---

unset PNEU_CONFIG
# from_environment NAME VALUE WORDS
from_environment() {
	env "$1=$2" "$PNEU" --host=h.example --print-config >"$out" 2>"$err"
	like "$?:$(cat "$out" "$err")" "78:*$1*$3" "$1 from the environment"
	unlike "$(cat "$out" "$err")" '*sesame*' 'P-16: is not shown'
}
from_environment PNEU_HSOT x '*did you mean PNEU_HOST*'
from_environment PNEU_PASSWORD sesame '*cannot be set*PNEU_PASSWORD_FILE*'
from_environment PNEU_PASSWORD_COMMAND 'echo sesame' '*cannot be set*'
from_environment PNEU_LOG /x '*cannot be set*'
from_environment PNEU_FROM x '*cannot be set*'
from_environment PNEU_TLS startls '*is none of*'
from_environment PNEU_PORT 0 '*is no number*'
from_environment PNEU_ x '*'
printf 'sesame\n' >"$secret"
env PNEU_HOST=localhost PNEU_PORT="${host_implicit##*:}" PNEU_USER=alice \
	PNEU_PASSWORD_FILE="$secret" PNEU_TLS_TRUST="$host_dir/ca.pem" \
	PNEU_TLS=implicit PNEU_EHLO_NAME=client.example PNEU_DOMAIN=client.example \
	"$PNEU" b@example.org <"$letter" >"$out" 2>"$err"
is "$?:$(cat "$out" "$err"):$(envelope "$(stored_count)" auth)" 0::alice \
	'a container needs no file'

# --- whose file is looked for ---

# Everybody can read what follows, and run the program.
chmod 755 "$work"
mkdir -m 755 "$work/bin" "$work/user"
cp "$PNEU" "$work/bin/pneu"
chmod 755 "$work/bin/pneu"
mkdir -p "$work/user/.config/pneu" "$work/user/xdg/pneu"
echo 'host = home.example' >"$work/user/.config/pneu/pneu.conf"
echo 'host = xdg.example' >"$work/user/xdg/pneu/pneu.conf"
echo 'host = c.example' >"$work/user/c.conf"
find "$work/user" -type d -exec chmod 755 {} +
find "$work/user" -type f -exec chmod 644 {} +

# where COMMAND...: which host it finds with those settings, or why none.
where() {
	"$@" --print-config >"$out" 2>"$err" </dev/null
	status=$?
	if [ $status -eq 0 ]; then
		sed -n 's/^host = \(.*\)\.example$/\1/p' "$out"
	else
		echo "$status: $(head -1 "$err")"
	fi
}
if [ "$(id -u)" -eq 0 ]; then
	user='setpriv --reuid 65534 --regid 65534 --clear-groups'
	chown -R 65534:65534 "$work/user"
else
	user=
fi
user="$user env HOME=$work/user"
pneu=$work/bin/pneu
# shellcheck disable=SC2086 # $user is several words
{
	is "$(where $user "$pneu")" home 'a user: ~/.config/pneu/pneu.conf'
	is "$(where $user XDG_CONFIG_HOME="$work/user/xdg" "$pneu")" xdg \
		'XDG_CONFIG_HOME comes before it'
	is "$(cd "$work/user" && where $user XDG_CONFIG_HOME=xdg "$pneu")" home \
		'unless it is relative'
	is "$(where $user XDG_CONFIG_HOME='' "$pneu")" home 'or empty'
	is "$(where $user PNEU_CONFIG="$work/user/c.conf" "$pneu")" c \
		'PNEU_CONFIG comes before both'
	is "$(where $user PNEU_CONFIG=/gone "$pneu" -C "$work/user/c.conf")" c \
		'and -C before that'
	like "$(where $user XDG_CONFIG_HOME="$work/gone" "$pneu")" \
		"78: *no host*" 'no file at all'
	is "$(where $user XDG_CONFIG_HOME="$work/gone" "$pneu" \
		--host=flag.example)" flag 'is no error'
}
if [ "$(id -u)" -eq 0 ]; then
	for variable in XDG_CONFIG_HOME="$work/user/xdg" HOME="$work/user"; do
		unlike "$(where env "$variable" "$pneu")" '*home*' \
			"uid 0: ${variable%%=*} has no say"
		unlike "$(cat "$out")" '*xdg*' "uid 0: ${variable%%=*} has none"
	done
	chown 65534 "$file"
	like "$(where env PNEU_CONFIG="$file" "$pneu")" \
		'78: *belongs to uid 65534, neither to uid 0 nor to root*' \
		'uid 0: a file must be its own'
	like "$(sed -n 2p "$err")" '*chown 0 *a.conf*' 'and how to mend it'
	# shellcheck disable=SC2086
	{
		chown 1 "$file"
		chmod 644 "$file"
		like "$(where $user PNEU_CONFIG="$file" "$pneu")" \
			'78: *belongs to uid 1, neither to uid 65534 nor to root*' \
			'a user: not one of somebody else'
		like "$(sed -n 2p "$err")" 'pneu: as root: chown *a.conf*' \
			'and who can mend it'
		chown 0 "$file"
		is "$(where $user PNEU_CONFIG="$file" "$pneu")" h \
			'a user: one of root, that everybody can read'
		chmod 600 "$file"
		like "$(where $user PNEU_CONFIG="$file" "$pneu")" \
			'78: *a.conf: Permission denied' \
			'a user: none that cannot be read'
		mkdir -p "$work/root/.config/pneu"
		echo 'host = root.example' >"$work/root/.config/pneu/pneu.conf"
		chmod 700 "$work/root"
		like "$(where $user HOME="$work/root" "$pneu")" '78: *no host*' \
			'a user: a home that is shut has no file'
	}
else
	diag 'not root: nothing is tested of files of several owners'
fi

# --- whoever types is told at once, a program's letter is read first ---

write 'hots = h.example'
if command -v python3 >/dev/null; then
	timeout 20 python3 -c '
import pty, sys
sys.exit(pty.spawn(sys.argv[1:]) >> 8)
' "$PNEU" b@example.org </dev/null >"$out" 2>&1
	like "$?:$(cat "$out")" '78:pneu: *a.conf:1: hots:*' \
		'a person need not type the letter'
else
	skip 'there is no python3' 'a person need not type the letter'
fi

# --- a person at the terminal is asked where no place is set ---

cat >"$work/type.py" <<'END'
import os, pty, sys
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[2], sys.argv[2:])
seen, said = b'', False
while True:
    try:
        some = os.read(fd, 1000)
    except OSError:
        break
    if not some:
        break
    seen += some
    if b'Password of' in seen and not said:
        os.write(fd, sys.argv[1].encode().decode('unicode_escape').encode())
        said = True
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
# A job of a shell's, stopped by Ctrl-Z at the prompt until its deadline is
# past; then it goes on.
cat >"$work/stop.py" <<'END'
import os, pty, select, signal, sys
pid, fd = pty.fork()
if pid == 0:
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    job = os.fork()
    if job == 0:
        os.setpgid(0, 0)
        os.tcsetpgrp(2, os.getpid())
        signal.signal(signal.SIGTTOU, signal.SIG_DFL)
        os.execvp(sys.argv[1], sys.argv[1:])
    if not os.WIFSTOPPED(os.waitpid(job, os.WUNTRACED)[1]):
        os._exit(99)
    select.select([], [], [], 3)
    os.tcsetpgrp(2, job)
    os.killpg(job, signal.SIGCONT)
    os._exit(os.waitstatus_to_exitcode(os.waitpid(job, 0)[1]))
seen = b''
while select.select([fd], [], [], 15)[0]:
    try:
        some = os.read(fd, 1000)
    except OSError:
        break
    if not some:
        break
    if b'Password of' in some and b'Password of' not in seen:
        os.write(fd, b'\032')
    seen += some
else:
    sys.exit(98)
sys.stdout.buffer.write(seen)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
END
# typed ANSWER PROGRAM: with a terminal of its own, and a letter.
typed() {
	# shellcheck disable=SC2016
	timeout 60 python3 "$work/type.py" "$1" sh -c \
		'exec "$1" b@example.org <"$2"' sh "$2" "$letter" >"$out" 2>"$err"
	status=$?
	unlike "$(cat "$out" "$err")" '*sesame*' 'what is typed is not shown'
}
if command -v python3 >/dev/null; then
	smarthost_start --implicit
	configure implicit -password 'deadline = 20s'
	typed 'sesame\n' "$PNEU"
	like "$status:$(cat "$out")" '0:Password of alice at *: *' \
		'a password is asked for'
	is "$(envelope "$(stored_count)" auth)" alice 'and logs in'
	typed '\n' "$PNEU"
	like "$status:$(cat "$out")" '77:*gives no password*' 'nothing is none'
	typed '\003' "$PNEU"
	like "$status:$(cat "$out")" '75:*stopped by a signal*' 'Ctrl-C'
	configure implicit -password 'deadline = 2s'
	typed '' "$PNEU"
	like "$status:$(cat "$out")" '7[57]:Password*' 'one has a deadline'
	# shellcheck disable=SC2016
	timeout 60 python3 "$work/stop.py" sh -c \
		'exec "$1" b@example.org <"$2"' sh "$PNEU" "$letter" >"$out"
	like "$?:$(cat "$out")" '7[57]:Password*Password*' \
		'one who was stopped meanwhile has it still'
	configure implicit -password 'deadline = 20s'
	ln -sf "$PNEU" "$work/sendmail"
	typed 'sesame\n' "$work/sendmail"
	like "$status:$(cat "$out")" '77:*no password is configured*' \
		'another name asks nobody'
	setsid -w "$PNEU" b@example.org <"$letter" >"$out" 2>"$err"
	like "$?:$(cat "$err")" '77:*no password is configured*' \
		'without a terminal nobody is asked'
	write 'hots = h.example'
else
	skip 'there is no python3' 'a person is asked'
fi
make_letter 1000000 >"$work/in"
{
	trap '' PIPE
	cat "$work/in" && echo whole >"$work/read"
} | pneu_run b@example.org
is "$(cat "$work/read" 2>&1)" whole 'a program is not cut short'

done_testing
