/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark-ledger: records every token before it is signed, and decides the life of keys. A child of mintmarkd.
 * Exit status 0: mintmarkd told it to stop.
 */
#include "daemon/ipc/child.h"
#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/ledger/control.h"
#include "daemon/ledger/loop.h"
#include "daemon/sandbox/sandbox.h"
#include "lib/crypto/digest.h"

#include <stdlib.h>

static bool
start(struct ledger *ledger)
{
	if (!ledger_control_set_up(ledger) || !mm_message_make_prompt(MM_CONTROL_FD))
		return false;
	mm_sandbox_let_write(ledger->folder_fd);
	return mm_sandbox_enter(MM_PROCESS_LEDGER, ledger->uid, ledger->gid);
}

int
main(void)
{
	static struct ledger ledger = { .folder_fd = -1 };
	enum ledger_end end = LEDGER_END_GONE;

	if (!mm_child_begin("mintmark-ledger"))
		return 2;
	mm_sandbox_prepare();
	if (start(&ledger))
		end = ledger_serve(&ledger);
	ledger_clear(&ledger);
	return end == LEDGER_END_STOP ? EXIT_SUCCESS : EXIT_FAILURE;
}
