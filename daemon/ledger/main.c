/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark-ledger: records every token before it is signed, and decides the life of keys. A child of mintmarkd.
 * Exit status 0: mintmarkd told it to stop.
 */
#include "daemon/ipc/limits.h"
#include "daemon/ledger/control.h"
#include "daemon/ledger/loop.h"
#include "daemon/sandbox/sandbox.h"
#include "lib/base/array.h"
#include "lib/crypto/digest.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* mintmarkd tells when to stop, and its death is seen at the control socket. */
static void
ignore_signals(void)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

	for (size_t i = 0; i < MM_COUNT_OF(ignored); i++)
		signal(ignored[i], SIG_IGN);
}

static bool
is_control_socket(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

static bool
start(struct ledger *ledger)
{
	if (!ledger_control_set_up(ledger) || !ledger_control_make_prompt())
		return false;
	mm_sandbox_let_write(ledger->folder_fd);
	return mm_sandbox_enter(MM_PROCESS_LEDGER, ledger->uid, ledger->gid);
}

int
main(void)
{
	static struct ledger ledger = { .folder_fd = -1 };
	enum ledger_end end = LEDGER_END_GONE;

	if (!is_control_socket(MM_CONTROL_FD)) {
		fprintf(stderr, "mintmark-ledger: only mintmarkd(8) starts this\n");
		return 2;
	}
	ignore_signals();
	mm_sandbox_prepare();
	if (start(&ledger))
		end = ledger_serve(&ledger);
	ledger_clear(&ledger);
	return end == LEDGER_END_STOP ? EXIT_SUCCESS : EXIT_FAILURE;
}
