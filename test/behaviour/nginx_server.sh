# SPDX-License-Identifier: Apache-2.0
# For tests to source, after doors_world.sh: a real nginx with the files of conf/nginx, as doc/nginx.md says.
#
#   nginx_configure SERVICE PORT APPLICATION-PORT   write its files into $world/nginx
#   nginx_start                                     start it, and wait until it answers
#   nginx_stop                                      stop it
#
# Only addresses, paths and the service's name are other than in the files that an operator copies.
# shellcheck shell=sh
# shellcheck disable=SC2154,SC2034 # gate_world.sh sets the rest

nginx_pid=

nginx_configure()
{
	nginx_port=$2
	nginx_user="$(id -un)"
	# The gate's group may come to its socket, and others not; in the tests root's gate runs as nobody.
	[ "$(id -u)" -ne 0 ] || nginx_user="nobody nogroup"
	install_examples "$world/nginx/snippets" nginx \
	    -e "s|unix:/run/mintmark/gate.sock|unix:$world/gate.sock|" \
	    -e "s|/v1/auth/web;|/v1/auth/$1;|" -e "s|/v1/shadow/web;|/v1/shadow/$1;|" \
	    -e "s|listen 80;|listen 127.0.0.1:$2;|" -e "s|http://127.0.0.1:8080;|http://127.0.0.1:$3;|" \
	    -e "s|include snippets/|include $world/nginx/snippets/|"
	cat >"$world/nginx/nginx.conf" <<CONF
user $nginx_user;
daemon off;
worker_processes 1;
pid $world/nginx/pid;
error_log $world/nginx/error.log;
events { worker_connections 256; }
http {
	access_log off;
	client_body_temp_path $world/nginx/t1; proxy_temp_path $world/nginx/t2; fastcgi_temp_path $world/nginx/t3;
	uwsgi_temp_path $world/nginx/t4; scgi_temp_path $world/nginx/t5;
	include $world/nginx/snippets/example.conf;
}
CONF
}

nginx_answers()
{
	curl -s -o "$world/null" --max-time 2 "http://127.0.0.1:$nginx_port/"
}

nginx_start()
{
	nginx -p "$world/nginx" -c "$world/nginx/nginx.conf" >"$world/nginx/out" 2>&1 &
	nginx_pid=$!
	running="$running $nginx_pid"
	await 20 "nginx answers" nginx_answers || cat "$world/nginx/error.log" "$world/nginx/out"
}

nginx_stop()
{
	stop "$nginx_pid"
	running=$(printf '%s' "$running" | sed "s/ $nginx_pid\b//")
}
