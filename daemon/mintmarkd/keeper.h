/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeping a process: started, handed what it needs, watched, started again when it dies, never two at once.
 *
 * What differs between the gate, the courier and the desk is their role; what is done with their messages stands in
 * the role's table. A keeper waits for nothing by itself: the loop calls it when its socket is ready, its process
 * ended, or its deadline has come.
 */
#ifndef MM_DAEMON_MINTMARKD_KEEPER_H
#define MM_DAEMON_MINTMARKD_KEEPER_H

#include "daemon/mintmarkd/child.h"
#include "daemon/mintmarkd/pace.h"

#include <stdbool.h>
#include <stdint.h>

enum mm_keeper_state {
	MM_KEEPER_DOWN,     /* no process; starts at the deadline */
	MM_KEEPER_STARTING, /* everything was sent; must be ready by the deadline */
	MM_KEEPER_RUNNING,
	MM_KEEPER_STOPPING, /* asked to end; ended by force at the deadline */
	MM_KEEPER_STOPPED,  /* there is none, and none is wanted */
};

struct mm_mintmarkd;
struct mm_keeper;

/* Deal with a message. Returns false where it may not be so: the process is ended. message->fd is closed afterwards. */
typedef bool mm_keeper_handler(struct mm_keeper *keeper, struct mm_message *message);

struct mm_keeper_role {
	enum mm_process process;
	const char *name;          /* "the gate"; of a realm's processes a word: "signer" */
	bool says_ready;           /* else it runs as soon as everything was sent */
	bool may_end;              /* by itself with status 0, to be started anew: no alarm */
	enum mm_message_type stop; /* asks it to end */
	int64_t ready_ms;          /* how long its start may take; 0: as long as is usual */
	/* Send everything up to the start. Returns false, logged, where something cannot be had. */
	bool (*hand_over)(struct mm_keeper *keeper);
	void (*ended)(struct mm_keeper *keeper); /* its process is gone */
	mm_keeper_handler *const *handlers; /* by type of message; NULL: it may not send that */
};

struct mm_keeper {
	/* Set by the caller before the first start, and borrowed. */
	const struct mm_keeper_role *role;
	const char *name; /* the role's, or "the signer of realm consumer" */
	struct mm_mintmarkd *mintmarkd;

	/* The keeper's own. */
	enum mm_keeper_state state;
	struct mm_child child;
	struct mm_back_off back_off;
	int64_t deadline_ms; /* MM_NEVER_MS: none */
	int64_t started_ms;
	int64_t since_s;     /* when the process was started; 0: there was none yet */
	uint64_t starts;     /* number of its process: another one for each */
	uint64_t restarts;
	bool was_ready;      /* once at least */
	bool again;          /* it is asked to end so that it begins anew */
};

void mm_keeper_init(struct mm_keeper *keeper, const struct mm_keeper_role *role, struct mm_mintmarkd *mintmarkd);

/* Start the process now; where that fails, the next try is at the deadline. */
void mm_keeper_start(struct mm_keeper *keeper);

/* End the process at once, without a word, and do not start it again; to be started anew, for one. */
void mm_keeper_drop(struct mm_keeper *keeper);

/* Whether there is a process that everything was sent to and that is not asked to end. */
bool mm_keeper_serves(const struct mm_keeper *keeper);

/* Send it a message, or keep it until it is taken; fd stays the caller's. Where that fails, it is ended by force. */
void mm_keeper_send(struct mm_keeper *keeper, enum mm_message_type type, const void *payload, size_t len, int fd);

/* It said that it is ready. */
void mm_keeper_ready(struct mm_keeper *keeper);

/* End it by force; why follows its name in the log. It is started again. */
void mm_keeper_end_by_force(struct mm_keeper *keeper, const char *why);

/* Its socket is ready for events of poll(), its process ended (SIGCHLD), a deadline has come. */
void mm_keeper_serve(struct mm_keeper *keeper, short events);
void mm_keeper_reap(struct mm_keeper *keeper);
void mm_keeper_check_time(struct mm_keeper *keeper);

/* When mm_keeper_check_time() has something to do. */
int64_t mm_keeper_deadline_ms(const struct mm_keeper *keeper);

/* Ask it to end; it is MM_KEEPER_STOPPED when it did, or was made to. */
void mm_keeper_stop(struct mm_keeper *keeper);

/* Ask it to end, and start it as soon as it did; start it where there is none. */
void mm_keeper_restart(struct mm_keeper *keeper);

#endif
