# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154 # the caller sets what is said below
# For scripts to source: Debian's Roundcube in a folder of our own, behind nginx and PHP-FPM of our own, with the files
# of conf/roundcube.
#
#   roundcube_missing                      what it lacks to run here, as a sentence; nothing where it can
#   roundcube_start DIR PORT IMAP-PORT     start it in DIR, wait until it answers; before, the caller set
#       roundcube_auth, roundcube_token, roundcube_logout   addresses at the issuer (logout: may be empty)
#       roundcube_client, roundcube_secret                  the client
#       roundcube_resource, roundcube_scope                 what it asks a token for
#   roundcube_stop DIR                     stop it and wait until it is gone
#
# It touches nothing outside of DIR, and nothing of a Roundcube, nginx or PHP that the machine runs. The caller sets the
# trap that stops it. MINTMARK_SOURCE names the project's root.

roundcube_home=/usr/share/roundcube
roundcube_fpm=/usr/sbin/php-fpm8.2

roundcube_missing()
{
	if [ ! -f $roundcube_home/index.php ]; then
		echo "there is no $roundcube_home (package roundcube-core)"
	elif [ ! -x $roundcube_fpm ]; then
		echo "there is no $roundcube_fpm (package php8.2-fpm)"
	elif ! command -v nginx >/dev/null; then
		echo "there is no nginx (package nginx-light)"
	fi
}

# The tree that Debian has under /var/lib/roundcube, with folders of our own where Roundcube writes and is configured.
roundcube_lay_tree()
{
	local tree=$1 each

	mkdir -p "$tree/public_html" "$tree/config" "$tree/logs" "$tree/temp" "$tree/plugins"
	for each in SQL index.php program skins; do
		ln -sfn "$roundcube_home/$each" "$tree/$each"
	done
	for each in "$roundcube_home"/plugins/* "$MINTMARK_SOURCE/conf/roundcube/mintmark_pkce"; do
		ln -sfn "$each" "$tree/plugins/${each##*/}"
	done
	cp /var/lib/roundcube/public_html/index.php "$tree/public_html/"
	for each in plugins skins program; do
		ln -sfn "../$each" "$tree/public_html/$each"
	done
	ln -sfn /etc/roundcube/defaults.inc.php /etc/roundcube/mimetypes.php "$tree/config/"
}

# The file that an operator copies, with the addresses and the secret of this one.
roundcube_configure()
{
	local tree=$1 imap_port=$2

	sed -e "s|https://login.example/authorize|$roundcube_auth|" -e "s|https://login.example/token|$roundcube_token|" \
	    -e "s|https://login.example/logout|$roundcube_logout|" -e "/oauth_identity_uri/d" \
	    -e "s|'roundcube';|'$roundcube_client';|" -e "s|'SECRET'|'$roundcube_secret'|" \
	    -e "s|'openid email mail.read offline_access'|'$roundcube_scope'|" \
	    -e "s|'https://mail.example'|'$roundcube_resource'|" \
	    "$MINTMARK_SOURCE/conf/roundcube/mintmark.inc.php" >"$tree/config/mintmark.inc.php"
	cat >"$tree/config/config.inc.php" <<-CONFIG
		<?php
		\$config = [
		    'db_dsnw' => 'sqlite:///$tree/temp/roundcube.db?mode=0640',
		    'imap_host' => '127.0.0.1:$imap_port',
		    'smtp_host' => '127.0.0.1:1',
		    'des_key' => '$(head -c 18 /dev/urandom | base64)',
		    'product_name' => 'Webmail',
		    'plugins' => [],
		    'skin' => 'elastic',
		    'enable_spellcheck' => false,
		    'enable_installer' => false,
		    'log_driver' => 'file',
		];
		include __DIR__ . '/mintmark.inc.php';
	CONFIG
}

# PHP and nginx: root's are given up for www-data.
roundcube_write_servers()
{
	local dir=$1 port=$2 user='' pool_user=''

	if [ "$(id -u)" -eq 0 ]; then
		user="user www-data;"
		pool_user="user = www-data
group = www-data"
		chown -R www-data:www-data "$dir/tree/logs" "$dir/tree/temp"
		chgrp -R www-data "$dir/tree/config"
	fi
	chmod 750 "$dir/tree/config"
	cat >"$dir/fpm.conf" <<-CONFIG
		[global]
		pid = $dir/fpm.pid
		error_log = $dir/fpm.log
		daemonize = yes
		[roundcube]
		$pool_user
		listen = $dir/fpm.sock
		listen.mode = 0666
		pm = static
		pm.max_children = 4
		php_admin_value[session.save_path] = $dir/tree/temp
		php_admin_value[upload_tmp_dir] = $dir/tree/temp
	CONFIG
	sed -e "s|listen 80;|listen 127.0.0.1:$port;|" -e "s|/var/lib/roundcube/|$dir/tree/|" \
	    -e "s|include fastcgi_params;|include /etc/nginx/fastcgi_params; fastcgi_param HTTP_HOST 127.0.0.1:$port;|" \
	    -e "s|/run/php/php8.2-fpm.sock|$dir/fpm.sock|" "$MINTMARK_SOURCE/conf/roundcube/nginx.conf" >"$dir/site.conf"
	cat >"$dir/nginx.conf" <<-CONFIG
		$user
		worker_processes 1;
		pid $dir/nginx.pid;
		error_log $dir/nginx.log;
		events { worker_connections 256; }
		http {
			include /etc/nginx/mime.types;
			access_log off;
			client_body_temp_path $dir/t1; proxy_temp_path $dir/t2; fastcgi_temp_path $dir/t3;
			uwsgi_temp_path $dir/t4; scgi_temp_path $dir/t5;
			include $dir/site.conf;
		}
	CONFIG
}

roundcube_answers()
{
	curl -s -o "$1/answer" --max-time 5 "http://127.0.0.1:$2/skins/elastic/images/favicon.ico"
}

roundcube_start()
{
	local dir=$1 port=$2 imap_port=$3 tries

	mkdir -p "$dir/tree"
	roundcube_lay_tree "$dir/tree"
	roundcube_configure "$dir/tree" "$imap_port"
	roundcube_write_servers "$dir" "$port"
	$roundcube_fpm --fpm-config "$dir/fpm.conf" || return 1
	nginx -p "$dir" -c "$dir/nginx.conf" || return 1
	for tries in $(seq 600); do
		! roundcube_answers "$dir" "$port" || return 0
		sleep 0.05
	done
	echo "Roundcube does not answer after $tries tries:" >&2
	cat "$dir/nginx.log" "$dir/fpm.log" >&2
	return 1
}

roundcube_stop()
{
	local file pid tries

	for file in "$1/nginx.pid" "$1/fpm.pid"; do
		[ -s "$file" ] || continue
		pid=$(cat "$file")
		kill "$pid" 2>/dev/null || continue
		for tries in $(seq 600); do
			kill -0 "$pid" 2>/dev/null || break
			sleep 0.05
		done
		! kill -0 "$pid" 2>/dev/null || { echo "process $pid is still there after $tries tries" >&2; return 1; }
	done
}

# What Roundcube itself has to say, for who looks for a fault.
roundcube_logs()
{
	tail -n 20 "$1"/tree/logs/*.log "$1/nginx.log" "$1/fpm.log" 2>/dev/null || true
}
