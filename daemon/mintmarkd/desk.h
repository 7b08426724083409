/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The desk, as mintmarkd keeps it: the control socket is opened here, and what operators ask is answered here. A desk
 * that dies is started again, and stops nobody.
 */
#ifndef MM_DAEMON_MINTMARKD_DESK_H
#define MM_DAEMON_MINTMARKD_DESK_H

#include "daemon/mintmarkd/keeper.h"
#include "daemon/mintmarkd/listener.h"
#include "daemon/mintmarkd/sources.h"

#include <stdbool.h>
#include <stdint.h>

struct mm_desk {
	struct mm_keeper keeper;
	struct mm_listen listen; /* state_dir/control */
	struct mm_listener listener;
};

void mm_desk_init(struct mm_desk *desk, struct mm_mintmarkd *mintmarkd);

/* Open the control socket. False, and logged, where it cannot be had. */
bool mm_desk_open(struct mm_mintmarkd *mintmarkd);
void mm_desk_clear(struct mm_desk *desk);

/*
 * Answer a question: the last reload's result; a fetch; what a mint's process answered, as sealed memory that stays the
 * caller's; that it was not done, and why.
 */
void mm_desk_answer_reload(struct mm_mintmarkd *mintmarkd, uint64_t question);
void mm_desk_answer_fetch(struct mm_mintmarkd *mintmarkd, uint64_t question, const char *realm,
    const struct mm_source *source);
void mm_desk_pass_answer(struct mm_mintmarkd *mintmarkd, uint64_t question, bool done, int fd);
void mm_desk_answer_failure(struct mm_mintmarkd *mintmarkd, uint64_t question, const char *why);

#endif
