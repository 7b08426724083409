# SPDX-License-Identifier: Apache-2.0
# For the interop tests, sourced first: Node.js with the packages of package.json, else the test ends with 77.
#
#   node_start FOLDER        lay our .mjs files beside the packages in an empty folder: Node looks for packages there
#   node_run NAME ARGUMENT…  run one of them, for node_seconds (60) at most
# shellcheck shell=sh

command -v node >/dev/null || { echo "not run: there is no node (package nodejs)"; exit 77; }
[ -d "${MINTMARK_NODE_MODULES:-}" ] ||
    { echo "not run: MINTMARK_NODE_MODULES names no folder of npm packages; script/test installs them"; exit 77; }
for each in imapflow jose jsonwebtoken oidc-provider openid-client playwright-core; do
	[ -d "$MINTMARK_NODE_MODULES/$each" ] || { echo "not run: MINTMARK_NODE_MODULES has no $each"; exit 77; }
done

node_start()
{
	node_folder=$1
	cp "$MINTMARK_SOURCE"/test/interop/*.mjs "$node_folder/"
	ln -s "$MINTMARK_NODE_MODULES" "$node_folder/node_modules"
}

node_run()
{
	node_script=$1
	shift
	timeout -k 5 "${node_seconds:-60}" node "$node_folder/$node_script.mjs" "$@"
}
