/* SPDX-License-Identifier: Apache-2.0 */
/* What a process that mintmarkd starts does first. */
#include "daemon/ipc/child.h"

#include "daemon/ipc/limits.h"
#include "lib/base/array.h"

#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>

static bool
is_control_socket(int fd)
{
	int type;
	socklen_t len = sizeof(type);

	return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) == 0 && type == SOCK_SEQPACKET;
}

bool
mm_child_begin(const char *program)
{
	static const int ignored[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

	if (!is_control_socket(MM_CONTROL_FD)) {
		fprintf(stderr, "%s: only mintmarkd(8) starts this\n", program);
		return false;
	}
	for (size_t i = 0; i < MM_COUNT_OF(ignored); i++)
		signal(ignored[i], SIG_IGN);
	return true;
}
