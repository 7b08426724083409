/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mintmark-verifier: a realm's users and clients, and who of them may have a token. A child of mintmarkd; it never goes
 * to the network and holds no key that signs. Exit status 0: mintmarkd told it to stop.
 */
#include "daemon/ipc/limits.h"
#include "daemon/sandbox/sandbox.h"
#include "daemon/verifier/control.h"
#include "daemon/verifier/verifier.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * What a round takes for its requests and messages it gives back at its end, some MiB. Trimmed away, the next one would
 * have to ask for it page by page.
 */
#define MEMORY_KEPT (16 * 1024 * 1024)

static bool
is_control_socket(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

/* The process stands in its folder: names of files are its own, and nothing above them is looked at. */
static bool
enter_folder(struct verifier *verifier)
{
	if (fchdir(verifier->folder_fd) == -1) {
		perror("mintmark-verifier: its folder");
		return false;
	}
	umask(077);
	mm_sandbox_let_write(verifier->folder_fd);
	return mm_sandbox_enter(MM_PROCESS_VERIFIER, verifier->uid, verifier->gid);
}

static bool
start(struct verifier *verifier)
{
	const char *why = NULL;

	if (!verifier_control_set_up(verifier) || !enter_folder(verifier))
		return false;
	if (!verifier_open(verifier, &why)) {
		verifier_control_alarm(why);
		return false;
	}
	return verifier_control_ready();
}

int
main(void)
{
	static struct verifier verifier = { .folder_fd = -1 };
	enum verifier_end end = VERIFIER_END_BROKEN;

	if (!is_control_socket(MM_CONTROL_FD)) {
		fprintf(stderr, "mintmark-verifier: only mintmarkd(8) starts this\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
	verifier_peer_init(&verifier.issuer, MM_PROCESS_ISSUER);
	verifier_peer_init(&verifier.ledger, MM_PROCESS_LEDGER);
	mm_sandbox_prepare();
	if (start(&verifier))
		end = verifier_serve(&verifier);
	verifier_close(&verifier);
	return end == VERIFIER_END_STOP ? EXIT_SUCCESS : EXIT_FAILURE;
}
