#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What the release ships is hardened: position-independent, fully relocated before it starts, no executable stack,
# stack protector, fortified calls, registers cleared; and the library keeps nothing between calls.
set -eu
cd "$MINTMARK_BUILD"
bad=0

complain()
{
	echo "$1"
	bad=1
}

# What a segment, a dynamic entry or a symbol says, by readelf.
says()
{
	readelf -W "$1" "$2" 2>/dev/null | grep -q -e "$3"
}

check_file()
{
	echo "checking: $1"
	says -h "$1" 'Type: *DYN' || complain "$1: not position-independent"
	says -l "$1" GNU_RELRO || complain "$1: no RELRO"
	says -d "$1" 'BIND_NOW\|Flags:.*NOW' || complain "$1: not bound before it starts"
	if says -l "$1" 'GNU_STACK.*RWE'; then complain "$1: executable stack"; fi
	if says -l "$1" 'LOAD.*RWE'; then complain "$1: a segment that is writable and executable"; fi
	if says -d "$1" 'RPATH\|RUNPATH\|TEXTREL'; then complain "$1: run path or text relocation"; fi
	says --dyn-syms "$1" '__stack_chk_fail' || complain "$1: no stack protector"
}

# Installed files, without the run path that installing takes away.
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
DESTDIR=$scratch meson install -C "$MINTMARK_BUILD" --no-rebuild --quiet >"$scratch/log" || { cat "$scratch/log"; exit 1; }
find "$scratch" -type f -size +1k >"$scratch/files"
checked=0
while IFS= read -r file; do
	if [ "$(head -c 4 "$file" | tail -c 3)" = ELF ]; then
		check_file "$file"
		checked=$((checked + 1))
	fi
done <"$scratch/files"
[ "$checked" -ge 2 ] || complain "only $checked programs and libraries were installed"

echo "checking: fortified calls, cleared registers, hidden symbols in the compile commands"
if grep '"command":' compile_commands.json | grep '/lib/\|lib/base' | grep -v 'D_FORTIFY_SOURCE=2' | grep -q .; then
	complain "a file of lib/ is compiled without _FORTIFY_SOURCE"
fi
for flag in -fstack-protector-strong -fstack-clash-protection -fvisibility=hidden -fPIC; do
	grep '"command":' compile_commands.json | grep 'lib/base/buf' | grep -q -e "$flag" || complain "no $flag in lib/"
done
case $(${MINTMARK_CC:-cc} --version) in
*clang*) echo "not checked: clang 14 has no -fzero-call-used-regs" ;;
*) grep '"command":' compile_commands.json | grep 'lib/base/buf' | grep -q -e '-fzero-call-used-regs=used-gpr' ||
    complain "no -fzero-call-used-regs in lib/" ;;
esac
nm -D "$(find "$scratch" -type f -name 'libmintmark.so.*')" | grep -q '_chk' || complain "no fortified call in the library"

echo "checking: no variable of the library outlives a call"
nm "lib/libmintmark_core.a" 2>/dev/null | grep ' [BbDC] ' >"$scratch/variables" || true
if [ -s "$scratch/variables" ]; then
	cat "$scratch/variables"
	complain "the library has variables"
fi
exit $bad
