#!/bin/sh
# The programs that people have, each from Debian's package and called as it
# always is, find pneu in the place of sendmail; what they wrote is looked at
# where it arrived, at the embedded smarthost.
#
# With RECORD=DIR, an absolute path, each call is also written there, as
# tests/callers/ keeps them; what is to come of it is for a person to add.
#
# mdadm is not here: it mails only of arrays, and those want devices.  Its call
# is in tests/callers/.
#
# shellcheck source=tests/cli/lib.sh
# shellcheck disable=SC2154,SC2016 # from lib.sh; texts for other interpreters
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.sh
. tests/interop/lib.sh
enter callers
changed=$work/upper
. tests/cli/lib.sh

# --- the machine ---

home=$root/srv/carol
count=0

configuration() {
	mkdir -p "$root/etc/pneu"
	printf '%s\n' 'host = 127.0.0.1' "port = ${host_starttls##*:}" \
		'tls = starttls' 'tls-trust = /etc/pneu/ca.pem' 'auth = off' \
		'ehlo-name = client.example' 'domain = client.example' \
		'log = none' >"$root/etc/pneu/pneu.conf"
	cp "$host_dir/ca.pem" "$root/etc/pneu/ca.pem"
	printf '%s\n' 'carol: bob@example.org' 'run: "|/srv/carol/bait"' \
		>"$root/etc/aliases"
	chmod 644 "$root/etc/aliases"
	chmod 755 "$root/etc/pneu"
	chmod 644 "$root"/etc/pneu/*
}

# As a package would put it there.
installed() {
	cp "$PNEU" "$root/usr/bin/pneu"
	chmod 755 "$root/usr/bin/pneu"
	ln -s ../bin/pneu "$root/usr/sbin/sendmail"
	ln -s ../sbin/sendmail "$root/usr/lib/sendmail"
	ln -s pneu "$root/usr/bin/mailq"
	ln -s pneu "$root/usr/bin/newaliases"
}

# In the place of sendmail, notes its call and goes on as pneu.
recorder() {
	mkdir -m 1777 "$root/srv/calls"
	mkdir -m 755 "$root/srv/names"
	ln -s /usr/bin/pneu "$root/srv/names/sendmail"
	rm "$root/usr/sbin/sendmail"
	cat >"$root/usr/sbin/sendmail" <<'END'
#!/bin/sh
call=/srv/calls/$$
{
	echo 'name sendmail'
	for argument; do
		printf 'arg %s\n' "$argument"
	done
	echo letter
} >"$call"
case " $* " in
*' -bs '*) exec /srv/names/sendmail "$@" ;;
esac
tee -a "$call" | /srv/names/sendmail "$@"
END
	chmod 755 "$root/usr/sbin/sendmail"
}

# recorded NAME: the calls since the last time.
recorded() {
	[ "${RECORD:-}" ] || return
	for call in "$root"/srv/calls/*; do
		[ ! -f "$call" ] || mv "$call" "$RECORD/$1.call"
	done
}

smarthost_start --starttls --auth optional \
	--reject-rcpt '*nobody@*=550 5.1.1 nobody here has that name'
installed
configuration
[ -z "${RECORD:-}" ] || recorder
mount -t tmpfs -o mode=755 tmpfs "$root/run"
umask 022

# What everybody sends: nothing in it may be lost, or be read as an end.
printf '%s\n' hello . '.. two dots' 'From here to there' '' end >"$home/text"
chown -R 901:901 "$home"
cp "$home/text" "$work/text"

as_root() {
	timeout -k 2 60 chroot "$root" env -i HOME=/root USER=root \
		LOGNAME=root SHELL=/bin/sh LC_ALL=C.UTF-8 \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

as_carol() {
	timeout -k 2 60 chroot --userspec=901:901 --groups=901 "$root" env -i \
		HOME=/srv/carol USER=carol LOGNAME=carol SHELL=/bin/sh \
		LC_ALL=C.UTF-8 PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# call COMMAND <what it reads: as carol does it in her shell.
call() {
	as_carol "$@" >"$out" 2>"$err"
	status=$?
}

# file NAME <its text: one of carol's.
file() {
	cat >"$home/$1"
	chown 901:901 "$home/$1"
}

said() {
	cat "$out" "$err"
}

taken() {
	grep -qs "^letter=$1 " "$host_dir/report"
}

# arrived WHO SENDER RECIPIENTS SUBJECT [FILE]: one more letter, with that
# envelope (without parameters) and the text of FILE as its body; of the
# recipient that is hidden in it nothing is seen.
arrived() {
	who=$1
	count=$((count + 1))
	ok "$who: a letter arrives" wait_for taken $count
	is "$(envelope_lines $count | tr -d '\r' |
		sed 's/^[A-Z]* [A-Z]*:<\([^>]*\)>.*/\1/' | tr '\n' ' ')" \
		"$2 $3 " "$who: from whom, to whom"
	tr -d '\r' <"$(stored $count)" >"$work/came"
	is "$(sed '/^$/,$d; s/^Subject: //p; d' "$work/came")" "$4" \
		"$who: its subject"
	is "$(sed '/^$/,$d' "$work/came" | grep -c -e '^From: ' -e '^Date: ' \
		-e '^Message-ID: ' -ie 'secret')" 3 \
		"$who: who wrote it, when, and which it is, and no more"
	sed '1,/^$/d' "$work/came" >"$work/body"
	same "${5:-$work/text}" "$work/body" "$who: what was written"
	recorded "$(echo "$who" | tr '[:upper:]' '[:lower:]' |
		tr -cs '[:alnum:]\n' -)"
}

# sent WHO SENDER...: as arrived, after a call that ended well, in silence.
sent() {
	is "$status:$(said)" "0:" "$1: ends well"
	arrived "$@"
}

# Built on this machine, it has the tree's libraries there.
as_carol pneu --version >"$out" 2>"$err" || {
	diag "$(said)"
	echo "Bail out! pneu does not start in the tree"
	exit 1
}

me=carol@client.example
both='bob@example.org secret@example.org'

# --- the clock and the machine ---

printf 'MAILTO=bob@example.org\n@reboot cat text\n' >"$root/srv/crontab"
as_root crontab -u carol /srv/crontab
chroot "$root" cron -f &
daemon=$!
arrived cron $me bob@example.org 'Cron <carol@client> cat text'
kill $daemon

chroot "$root" atd -f &
daemon=$!
wait_for test -s "$root/run/atd.pid"
cd "$home" || exit
call sh -c 'cd && echo "cat text" | at -m now'
cd - >/dev/null || exit
arrived 'at, by way of /etc/aliases' $me bob@example.org 'Output from your job        1'
kill $daemon

printf 'The disk is old.\n' >"$work/smart"
SMARTD='SMARTD_ADDRESS=bob@example.org SMARTD_SUBJECT=ageing
	SMARTD_FULLMESSAGE=The_disk_is_old.'
# shellcheck disable=SC2086 # three words
as_root env $SMARTD /usr/share/smartmontools/smartd-runner >"$out" 2>"$err"
status=$?
tr ' ' _ <"$work/smart" >"$work/smart_"
sent "smartd's script" root@client.example bob@example.org ageing \
	"$work/smart_"

cp -R "$root/etc/fail2ban" "$root/srv/fail2ban"
rm -f "$root"/srv/fail2ban/jail.d/*
: >"$root/srv/auth.log"
cat >"$root/srv/fail2ban/jail.local" <<'END'
[gate]
enabled = true
filter = sshd
backend = polling
logpath = /srv/auth.log
action = sendmail[name=gate, dest=bob@example.org, sender=ban@client.example]
END
cat >"$root/srv/fail2ban/fail2ban.local" <<'END'
[DEFAULT]
dbfile = None
logtarget = /srv/fail2ban.log
END
mkdir "$root/run/fail2ban"
chroot "$root" fail2ban-server -f -c /srv/fail2ban >/dev/null 2>&1 &
daemon=$!
printf '%s\n' Hi, '' 'The jail gate has been started successfully.' '' \
	Regards, '' Fail2Ban >"$work/started"
sed 's/The jail.*/The IP 192.0.2.9 has just been banned by Fail2Ban after\
0 attempts against gate./' "$work/started" >"$work/banned"
sed 's/has been started successfully/has been stopped/' "$work/started" \
	>"$work/stopped"
ban() {
	arrived "fail2ban, $1" ban@client.example bob@example.org \
		"[Fail2Ban] gate: $2 client.example" "$3"
}
ban start 'started on' "$work/started"
as_root fail2ban-client -c /srv/fail2ban set gate banip 192.0.2.9 >/dev/null
ban ban 'banned 192.0.2.9 from' "$work/banned"
kill $daemon
ban stop 'stopped on' "$work/stopped"

# --- programs that people write with ---

for program in mutt neomutt; do
	call $program -s "by $program" -b secret@example.org bob@example.org \
		<"$home/text"
	sent $program $me "$both" "by $program"
done
call mutt -e 'set use_envelope_from envelope_from_address=<x@example.org>
	dsn_notify=never' -s 'from x' bob@example.org <"$home/text"
sent 'mutt, with a sender' x@example.org bob@example.org 'from x'

call s-nail -s 'by s-nail' -c cc@example.org bob@example.org <"$home/text"
sed 's/^\.$/=2E/; s/^F/=46/' "$work/text" >"$work/quoted"
sent s-nail $me 'bob@example.org cc@example.org' 'by s-nail' "$work/quoted"
call bsd-mailx -s 'by mailx' -b secret@example.org bob@example.org \
	<"$home/text"
sent bsd-mailx $me "$both" 'by mailx'
# its own rule of the lone dot is another matter
call mail.mailutils -E 'set nodot' -s 'by mailutils' bob@example.org \
	<"$home/text"
sent mailutils $me bob@example.org 'by mailutils'

file mail.el <<'END'
(setq user-mail-address "carol@example.org" send-mail-function
      'sendmail-send-it inhibit-message t)
(mail nil "bob@example.org" "by emacs")
(goto-char (point-max))
(insert-file-contents "/srv/carol/text")
(mail-send)
END
call emacs --batch -l /srv/carol/mail.el
sent emacs $me bob@example.org 'by emacs'
file message.el <<'END'
(setq user-mail-address "carol@example.org" inhibit-message t
      message-send-mail-function 'message-send-mail-with-sendmail)
(require 'message)
(with-temp-buffer
  (message-mode)
  (insert "To: bob@example.org\nBcc: secret@example.org\n"
	  "Subject: by message-mode\n" mail-header-separator "\n")
  (insert-file-contents "/srv/carol/text")
  (message-send-mail-with-sendmail))
END
call emacs --batch -l /srv/carol/message.el
sent 'emacs, message-mode' carol@example.org "$both" 'by message-mode'

call sh -euc 'cd
git init -q -b main work
cd work
git config user.name "Carol Smith"
git config user.email carol@example.org
cp ../text .
git add text
git commit -q -m "a change"
git format-patch -q --root -o ..
git config sendemail.suppresscc all
git config sendemail.confirm never'
is "$status:$(said)" 0: 'git: a patch is made'
git_send() {
	call sh -c 'cd ~/work && git send-email "$@" ../0001-*.patch >/dev/null' \
		sh "$@"
}
sed '1,/^$/d' "$home"/0001-*.patch >"$work/patch"
git_send --to=bob@example.org --bcc=secret@example.org
sent 'git send-email' $me "$both" '[PATCH] a change' "$work/patch"
git_send --to=bob@example.org --envelope-sender=auto
sent 'git send-email, with a sender' carol@example.org bob@example.org \
	'[PATCH] a change' "$work/patch"

# --- programs that people write ---

# Each takes one argument, the recipient, and ends badly when told so.
file mail.py <<'END'
import subprocess, sys
from email.message import EmailMessage

m = EmailMessage()
m["From"] = "Carol <carol@example.org>"
m["To"] = sys.argv[1]
m["Bcc"] = "secret@example.org"
m["Subject"] = "by python"
m.set_content(open("/srv/carol/text").read())
subprocess.run(["/usr/sbin/sendmail", "-t", "-oi"], input=m.as_bytes(),
    check=True)
END
call python3 /srv/carol/mail.py bob@example.org
sent python $me "$both" 'by python'

file text.pm <<'END'
open my $file, '<', '/srv/carol/text' or die;
our $text = do { local $/; <$file> };
1;
END
file lite.pl <<'END'
require '/srv/carol/text.pm';
use MIME::Lite;
MIME::Lite->new(From => 'Carol <carol@example.org>', To => $ARGV[0],
    Bcc => 'secret@example.org', Subject => 'by MIME::Lite',
    Data => $text)->send or die "not sent\n";
END
call perl /srv/carol/lite.pl bob@example.org
sent MIME::Lite carol@example.org "$both" 'by MIME::Lite'
file sender.pl <<'END'
require '/srv/carol/text.pm';
use Email::Sender::Simple qw(sendmail);
use Email::Sender::Transport::Sendmail;
use Email::Simple;
my $letter = Email::Simple->create(header => [To => $ARGV[0],
    From => 'Carol <carol@example.org>', Subject => 'by Email::Sender'],
    body => $text);
sendmail($letter, { transport => Email::Sender::Transport::Sendmail->new,
    from => 'bounce@example.org', to => [$ARGV[0], 'secret@example.org'] });
END
call perl /srv/carol/sender.pl bob@example.org
sent Email::Sender bounce@example.org "$both" 'by Email::Sender'

file mail.rb <<'END'
require 'mail'
Mail.defaults { delivery_method :sendmail }
Mail.deliver do
  from 'Carol <carol@example.org>'
  to ARGV[0]
  bcc 'secret@example.org'
  subject 'by ruby'
  body File.read('/srv/carol/text')
end
END
call ruby /srv/carol/mail.rb bob@example.org
sent ruby carol@example.org "$both" 'by ruby'

file mail.js <<'END'
const fs = require('fs'),
	mailer = require('/usr/share/nodejs/nodemailer');
mailer.createTransport({ sendmail: true }).sendMail({
	from: 'Carol <carol@example.org>',
	to: process.argv[2],
	bcc: 'secret@example.org',
	subject: 'by nodemailer',
	text: fs.readFileSync('/srv/carol/text', 'utf8'),
}, error => process.exit(error ? 1 : 0));
END
call node /srv/carol/mail.js bob@example.org
sent nodemailer carol@example.org "$both" 'by nodemailer'

# --- PHP ---

# mail() ends each text with one more line end.
{ cat "$work/text"; echo; } >"$work/longer"
file mail.php <<'END'
<?php
$more = array_slice($argv, 2);
exit(mail($argv[1], 'by php', file_get_contents('/srv/carol/text'),
    ...$more) ? 0 : 1);
END
php_mail() {
	call php /srv/carol/mail.php "$@"
}
php_mail bob@example.org
sent 'php' $me bob@example.org 'by php' "$work/longer"
from='From: Carol <carol@example.org>'
php_mail bob@example.org "$from
Bcc: secret@example.org" -fbounce@example.org
sent 'php, a fifth parameter' bounce@example.org "$both" 'by php' \
	"$work/longer"

# As Symfony does it by itself, and Laravel with it: a dialogue (-bs), which it
# keeps for the next letter.  It writes a line end more than the text has, too.
file symfony.php <<'END'
<?php
foreach (['Mailer', 'Mime'] as $part)
	require "/usr/share/php/Symfony/Component/$part/autoload.php";
use Symfony\Component\Mailer\{Mailer, Transport};
use Symfony\Component\Mime\Email;
$mailer = new Mailer(Transport::fromDsn($argv[2]));
foreach (['one', 'two'] as $subject)
	$mailer->send((new Email())->from('Carol <carol@example.org>')
	    ->to($argv[1])->bcc('secret@example.org')->subject($subject)
	    ->text(file_get_contents('/srv/carol/text')));
END
symfony() {
	call php -d extension=mbstring -d display_errors=stderr \
		/srv/carol/symfony.php "$@"
}
symfony bob@example.org sendmail://default
for subject in one two; do
	sent "symfony, -bs, $subject" carol@example.org "$both" $subject \
		"$work/longer"
done
symfony bob@example.org \
	'sendmail://default?command=/usr/sbin/sendmail%20-oi%20-t'
for subject in one two; do
	sent "symfony, -t, $subject" carol@example.org "$both" $subject
done

# --- who is told that a letter was not taken ---

letters_taken() {
	grep -c '^letter=[1-9]' "$host_dir/report"
}

nobody=nobody@example.org
for program in mutt neomutt 's-nail -S sendwait' bsd-mailx mail.mailutils \
    'python3 mail.py' 'perl lite.pl' 'perl sender.pl' 'ruby mail.rb' \
    'node mail.js' 'php mail.php'; do
	# shellcheck disable=SC2086 # words
	set -- $program
	[ $# -ne 2 ] || set -- "$1" "/srv/carol/$2"
	call "$@" $nobody <"$home/text"
	ok "$program: ends badly when the letter is refused" \
		test $status != 0 -a $status -lt 124
done
git_send --to=$nobody
ok 'git send-email: ends badly when the letter is refused' \
	test $status != 0 -a $status -lt 124
count=$(letters_taken)
symfony $nobody sendmail://default
like "$status:$(said)" '255:*550*5.1.1*nobody here has that name*' \
	'symfony, -bs: ends badly and says the reason when the letter is refused'
is "$(letters_taken)" "$count" 'symfony, -bs: nobody else gets it then'

# --- a fifth parameter that a stranger wrote ---

# All that is other than in the tree, but for what the recorder writes.
made() {
	find "$changed" -path "$changed/srv/calls" -prune -o -print | sort
}

# php_evil STATUS SENDER PARAMETER: PHP is told that (0 taken, 1 not), and the
# letter, if taken, is from that sender.
php_evil() {
	made >"$work/before"
	php_mail bob@example.org "$from" "$3"
	made >"$work/after"
	is "$status" "$1" "php: $3: the status"
	same "$work/before" "$work/after" "php: $3: no file is made"
	is "$(cat "$home/ran" 2>/dev/null)" '' "php: $3: nothing is run"
	count=$((count + 1 - status))
	is "$(letters_taken)" $count "php: $3: the letter"
	[ "$1" = 1 ] || is "$(envelope $count | tr -d '\r' |
		sed -n 's/^MAIL FROM:\(<[^>]*>\).*/\1/p')" "<$2>" \
		"php: $3: its sender"
}
file bait <<'END'
#!/bin/sh
echo "$0 $*" >>/srv/carol/ran
END
chmod 755 "$home/bait"
bait=/srv/carol/bait
count=$(letters_taken)
x=x@example.org
php_evil 0 $x "-f$x -X/srv/carol/shell.php"
php_evil 0 $x "-f$x -X /srv/carol/shell.php"
php_evil 0 $x "-f$x -OQueueDirectory=/srv/carol -X/srv/carol/shell.php"
php_evil 0 $x "-f$x -oQ/srv/carol -oX/srv/carol/shell.php"
php_evil 0 $x "-f$x -C$bait"
php_evil 0 $x "-C $bait -f$x"
php_evil 0 $x "-f$x -D/srv/carol/shell.php"
php_evil 0 $x "-f$x -O LogFile=/srv/carol/shell.php -OProgramMode=7"
php_evil 0 $x "-fy@example.org -f z@example.org -f$x"
php_evil 1 $x "-f$x -be \${run{$bait}}"
php_evil 1 $x "-f$x -be"
php_evil 1 $x "-f$x -bt"
for option in password-command=$bait log=/srv/carol/shell.php config=$bait \
    password-file=$bait host=127.0.0.2 profile=default tls-trust=$bait; do
	php_evil 1 $x "-f$x --$option"
	php_evil 1 $x "-f$x --${option%%=*} ${option#*=}"
done

php_mail run "$from"
is "$status:$(letters_taken)" 1:$count \
	'php: an alias that is a program: is refused'
is "$(cat "$home/ran" 2>/dev/null)" '' \
	'php: an alias that is a program: nothing is run'

# --- under its other names ---

as_root mailq >"$out" 2>"$err"
is "$?:$(said)" '0:Mail queue is empty' 'mailq: says that nothing waits'
as_root newaliases >"$out" 2>"$err" </dev/null
is $? 0 'newaliases: ends well'
like "$(said)" '*bait*' 'newaliases: says what will not be followed'

is "$(faults)" '' 'and pneu kept to the rules all along'
done_testing
