/* SPDX-License-Identifier: Apache-2.0 */
/* The filter of system calls: syscalls.def as a seccomp program, by libseccomp. */
#include "daemon/sandbox/steps.h"
#include "lib/base/array.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define D (1U << MM_PROCESS_MINTMARKD)
#define C (1U << MM_PROCESS_COMPILER)
#define G (1U << MM_PROCESS_GATE)
#define R (1U << MM_PROCESS_COURIER)
#define K (1U << MM_PROCESS_DESK)
#define N (1U << MM_PROCESS_SIGNER)
#define L (1U << MM_PROCESS_LEDGER)
#define V (1U << MM_PROCESS_VERIFIER)
#define I (1U << MM_PROCESS_ISSUER)
#define FILES (N | L | V)
#define OTHERS (C | G | R | K | FILES | I)
#define ALL (D | OTHERS)
#ifdef MM_SANITIZED
#define S ALL
#else
#define S 0U
#endif

enum rule_kind { RULE_ALLOW, RULE_ALLOW_IF, RULE_REFUSE, RULE_REFUSE_IF };

struct rule {
	int syscall;
	unsigned processes; /* bit per process */
	enum rule_kind kind;
	unsigned argument;
	uint64_t mask, value;
	int error;
};

/* Whether an unconditional row stands for the same call and process: it wins over those with a condition. */
static bool
is_covered(const struct rule *rules, size_t count, const struct rule *rule, unsigned process_bit)
{
	for (size_t i = 0; i < count; i++)
		if (rules[i].kind == RULE_ALLOW && rules[i].syscall == rule->syscall &&
		    (rules[i].processes & process_bit) != 0)
			return true;
	return false;
}

static int
add_rule(scmp_filter_ctx filter, const struct rule *rule)
{
	switch (rule->kind) {
	case RULE_ALLOW:
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, rule->syscall, 0);
	case RULE_ALLOW_IF:
		return seccomp_rule_add(filter, SCMP_ACT_ALLOW, rule->syscall, 1,
		    SCMP_CMP(rule->argument, SCMP_CMP_MASKED_EQ, rule->mask, rule->value));
	case RULE_REFUSE:
		return seccomp_rule_add(filter, SCMP_ACT_ERRNO(rule->error), rule->syscall, 0);
	case RULE_REFUSE_IF:
		return seccomp_rule_add(filter, SCMP_ACT_ERRNO(rule->error), rule->syscall, 1,
		    SCMP_CMP(rule->argument, SCMP_CMP_MASKED_EQ, rule->mask, rule->value));
	}
	return -EINVAL;
}

static int
add_rules(scmp_filter_ctx filter, enum mm_process process)
{
	const struct rule rules[] = {
#define MM_ALLOW(name, processes) { SCMP_SYS(name), processes, RULE_ALLOW, 0, 0, 0, 0 },
#define MM_ALLOW_IF(name, processes, argument, mask, value)                                                           \
	{ SCMP_SYS(name), processes, RULE_ALLOW_IF, argument, mask, value, 0 },
#define MM_REFUSE(name, processes, error) { SCMP_SYS(name), processes, RULE_REFUSE, 0, 0, 0, error },
#define MM_REFUSE_IF(name, processes, argument, mask, value, error)                                                   \
	{ SCMP_SYS(name), processes, RULE_REFUSE_IF, argument, mask, value, error },
#include "daemon/sandbox/syscalls.def"
#undef MM_ALLOW
#undef MM_ALLOW_IF
#undef MM_REFUSE
#undef MM_REFUSE_IF
	};
	unsigned process_bit = 1U << process;

	for (size_t i = 0; i < MM_COUNT_OF(rules); i++) {
		int rc;

		if ((rules[i].processes & process_bit) == 0 ||
		    (rules[i].kind == RULE_ALLOW_IF && is_covered(rules, MM_COUNT_OF(rules), &rules[i], process_bit)))
			continue;
		rc = add_rule(filter, &rules[i]);
		if (rc != 0)
			return rc;
	}
	return 0;
}

static int
load_filter(scmp_filter_ctx filter, enum mm_process process)
{
	int rc;

	/* Another architecture's call numbers mean other calls. */
	if ((rc = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS)) != 0 ||
	    (rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1)) != 0 ||
	    /* A tree, not a list: the gate pays it at each call. */
	    (rc = seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2)) != 0 ||
	    (rc = add_rules(filter, process)) != 0)
		return rc;
	return seccomp_load(filter);
}

bool
mm_sandbox_filter(enum mm_process process)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = filter == NULL ? -ENOMEM : load_filter(filter, process);

	seccomp_release(filter);
	if (rc == 0)
		return true;
	errno = -rc;
	return mm_sandbox_failed(process, "loading the filter of system calls");
}
