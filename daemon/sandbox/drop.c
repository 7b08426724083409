/* SPDX-License-Identifier: Apache-2.0 */
/* Users and capabilities. */
#include "daemon/sandbox/steps.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define CAP(name) (UINT64_C(1) << (name))

/*
 * What mintmarkd keeps of root: to read the operator's key files and to make its folder (DAC_OVERRIDE), to give its
 * sockets to a group (CHOWN), to start children as their user (SETUID, SETGID), to end them (KILL), and to
 * listen below port 1024.
 */
#define MINTMARKD_KEEPS                                                                                               \
	(CAP(CAP_DAC_OVERRIDE) | CAP(CAP_CHOWN) | CAP(CAP_SETUID) | CAP(CAP_SETGID) | CAP(CAP_KILL) |                 \
	    CAP(CAP_NET_BIND_SERVICE))

static bool
become(enum mm_process process, uid_t uid, gid_t gid)
{
	if (uid == 0 || gid == 0) {
		errno = EPERM;
		return mm_sandbox_failed(process, "it would stay root");
	}
	if (setgroups(0, NULL) == -1 || setresgid(gid, gid, gid) == -1 || setresuid(uid, uid, uid) == -1)
		return mm_sandbox_failed(process, "becoming its user");
	if (setuid(0) != -1 || setgid(0) != -1) {
		errno = EPERM;
		return mm_sandbox_failed(process, "it could become root again");
	}
	return true;
}

/* Give up every capability outside keep, as far as it is held at all. */
static bool
keep_capabilities(enum mm_process process, uint64_t keep)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3];

	/* Kernels before 4.3 know no ambient capabilities. */
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == -1 && errno != EINVAL)
		return mm_sandbox_failed(process, "ambient capabilities");
	if (syscall(SYS_capget, &header, data) == -1)
		return mm_sandbox_failed(process, "reading capabilities");
	for (unsigned i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
		data[i].permitted &= (uint32_t)(keep >> (32 * i));
		data[i].effective &= data[i].permitted;
		data[i].inheritable = 0;
	}
	if (syscall(SYS_capset, &header, data) == -1)
		return mm_sandbox_failed(process, "giving up capabilities");
	return true;
}

bool
mm_sandbox_drop(enum mm_process process, uid_t uid, gid_t gid)
{
	if (process == MM_PROCESS_MINTMARKD)
		return keep_capabilities(process, MINTMARKD_KEEPS);
	if (geteuid() == 0 && !become(process, uid, gid))
		return false;
	return keep_capabilities(process, 0);
}
