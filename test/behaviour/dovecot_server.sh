# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash
# For scripts to source: a Dovecot of our own in a folder, asking a gate through the files of conf/dovecot.
#
#   dovecot_start DIR IMAP-PORT GATE SECRET [CA-FILE]      start it in DIR, wait until it answers; GATE is ADDRESS:PORT,
#                                                          with CA-FILE over TLS
#                                                          DIR/more.conf, if it is there, is part of its configuration
#   dovecot_stop DIR                                       stop it and wait until it is gone
#   dovecot_deliver DIR ADDRESS SUBJECT TEXT               put a message into somebody's mailbox
#
# It runs beside any Dovecot of the machine and touches nothing outside of DIR. The caller sets the trap that stops it.
# MINTMARK_SOURCE names the project's root.

dovecot_program=/usr/sbin/dovecot

# The files of conf/dovecot with the secret, address and path of this one.
dovecot_configure_mintmark()
{
	local dir=$1 gate=http://$3 secret=$4 ca_file=${5:-}

	[ -z "$ca_file" ] || gate=https://$3
	sed -e "s|^introspection_url = http://127.0.0.1:9080/|introspection_url = $gate/|" \
	    -e "s|^client_secret = SECRET$|client_secret = $secret|" \
	    "$MINTMARK_SOURCE/conf/dovecot/mintmark-oauth2.conf.ext" >"$dir/mintmark-oauth2.conf.ext"
	[ -z "$ca_file" ] || echo "tls_ca_cert_file = $ca_file" >>"$dir/mintmark-oauth2.conf.ext"
	sed -e "s|/etc/dovecot/mintmark-oauth2.conf.ext|$dir/mintmark-oauth2.conf.ext|" \
	    "$MINTMARK_SOURCE/conf/dovecot/mintmark-auth.conf" >"$dir/mintmark-auth.conf"
	grep -q "^introspection_url = $gate/v1/introspect/imap" "$dir/mintmark-oauth2.conf.ext" &&
	    grep -q "^client_secret = $secret$" "$dir/mintmark-oauth2.conf.ext" &&
	    grep -q "$dir/mintmark-oauth2.conf.ext" "$dir/mintmark-auth.conf"
}

# Who reads the mail, and who runs Dovecot's processes: root's are given up, a user's are all his own. Who exists is not
# asked of the passdb: it knows a token's user and nobody else, and doveadm has no token.
dovecot_write_users()
{
	if [ "$(id -u)" -eq 0 ]; then
		echo "userdb {
  driver = static
  args = uid=nobody gid=nogroup home=$1/mail/%u allow_all_users=yes
}"
		return
	fi
	echo "default_internal_user = $(id -un)
default_internal_group = $(id -gn)
default_login_user = $(id -un)
service anvil {
  chroot =
}
service imap-login {
  chroot =
}
service stats {
  chroot =
}
userdb {
  driver = static
  args = uid=$(id -u) gid=$(id -g) home=$1/mail/%u allow_all_users=yes
}"
}

dovecot_write_configuration()
{
	local dir=$1 port=$2

	echo "base_dir = $dir/run
state_dir = $dir/run
instance_name = mintmark-$port
log_path = $dir/dovecot.log
auth_verbose = yes
protocols = imap
listen = 127.0.0.1
# No TLS on this machine's own loopback; a server that others reach has 'ssl = required'.
ssl = no
disable_plaintext_auth = no
mail_location = maildir:~/Maildir
first_valid_uid = 1
first_valid_gid = 0
auth_failure_delay = 0
service imap-login {
  inet_listener imap {
    port = $port
  }
  inet_listener imaps {
    port = 0
  }
}
!include $dir/mintmark-auth.conf
!include_try $dir/more.conf"
	dovecot_write_users "$dir"
}

dovecot_answers()
{
	(exec 3<>"/dev/tcp/127.0.0.1/$1" && read -r -t 5 line <&3 && [[ $line == "* OK"* ]]) 2>/dev/null
}

dovecot_start()
{
	local dir=$1 port=$2 tries

	[ -x $dovecot_program ] || { echo "there is no $dovecot_program: install dovecot-imapd" >&2; return 1; }
	mkdir -p "$dir/run" "$dir/mail"
	chmod 755 "$dir" "$dir/run"
	[ "$(id -u)" -ne 0 ] || chown nobody:nogroup "$dir/mail"
	dovecot_configure_mintmark "$@" || { echo "conf/dovecot is not as this script knows it" >&2; return 1; }
	dovecot_write_configuration "$dir" "$port" >"$dir/dovecot.conf"
	$dovecot_program -c "$dir/dovecot.conf" || return 1
	for tries in $(seq 600); do
		! dovecot_answers "$port" || return 0
		sleep 0.05
	done
	echo "dovecot does not answer after $tries tries:" >&2
	cat "$dir/dovecot.log" >&2
	return 1
}

dovecot_stop()
{
	local pid tries

	[ -s "$1/run/master.pid" ] || return 0
	pid=$(cat "$1/run/master.pid")
	kill "$pid" 2>/dev/null || return 0
	for tries in $(seq 600); do
		kill -0 "$pid" 2>/dev/null || return 0
		sleep 0.05
	done
	echo "dovecot (process $pid) is still there after $tries tries" >&2
	return 1
}

# Dovecot itself puts it there: behind its back, two sessions that open a new mailbox at once may see it empty.
dovecot_deliver()
{
	printf 'From: Mintmark <mintmark@localhost>\r\nTo: %s\r\nSubject: %s\r\n\r\n%s\r\n' "$2" "$3" "$4" |
	    doveadm -c "$1/dovecot.conf" save -u "$2" -m INBOX
}
