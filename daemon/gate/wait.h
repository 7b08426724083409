/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests that wait for the ledger: suspended in the HTTP library, so that no thread waits for them, and decided anew
 * when there is something to decide by.
 *
 * A token may be presented before its entry has come through the stream: a request waits for that first, and asks the
 * ledger where it does not come in time, and another one where that one went away with the question. What cannot be
 * known then, the service's setting decides. Where the ledger is heard and yet was not asked, because too many wait or
 * none may any more, it is refused whatever that says: who fills the places must not do what an absent ledger does.
 *
 * The list here knows no sockets and no clock, so that it can be tested with neither; ledger.c drives it.
 */
#ifndef MM_DAEMON_GATE_WAIT_H
#define MM_DAEMON_GATE_WAIT_H

#include "daemon/ipc/mint.h"

#include <mintmark/proof.h>
#include <mintmark/version.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A genuine token's entry comes within 100 ms of its making; this is the grace for a stream that is slow or broken. */
#define GATE_WAIT_STREAM_MS 2000

/* From the question to its answer; the ledger looks it up in its memory. */
#define GATE_WAIT_ANSWER_MS 1000

/* Requests that wait at once; more are refused. Each is a connection that a client holds open. */
#define GATE_WAITS_MAX 4096

/* Questions under way: what the ledger's socket takes without blocking, and then some. */
#define GATE_QUESTIONS_MAX 256

/* Questions of one request, the next one where the pair broke with the last: so it waits for 4 s at most. */
#define GATE_ASKS_MAX 2

enum gate_wait_stage {
	GATE_WAIT_NONE,   /* it does not wait, and did not */
	GATE_WAIT_STREAM, /* for the stream to go on */
	GATE_WAIT_ASKED,  /* for the answer to its question */
	GATE_WAIT_OVER,   /* decided by 'answer' from now on */
};

struct MHD_Connection;

/* One request's; a part of its connection, which the library keeps as long as it is suspended. */
struct gate_wait {
	enum gate_wait_stage stage;
	bool suspends;   /* the answer that was just made counts for nothing: the request is to be suspended */
	bool has_question;
	unsigned asks; /* questions that were put */
	struct mm_ask_issued question;
	enum mm_ledger_answer answer;
	int64_t started_ns;  /* when its first decision began */
	int64_t deadline_ms; /* of the stage */
	uint64_t progress;   /* of the stream, before it was decided last */
	struct MHD_Connection *connection;
	struct gate_wait *next, *previous; /* in the list; NULL at its ends */
	bool linked;
};

struct gate_waits {
	pthread_mutex_t lock;
	struct gate_wait *first;
	size_t count;      /* that wait, and that are about to */
	size_t asked;      /* questions under way */
	_Atomic uint64_t progress; /* another one each time that the stream went on */
	uint64_t number;   /* of the last question */
	uint64_t waited;   /* how often one was linked */
	bool closed;       /* nobody waits any more */
};

void gate_waits_init(struct gate_waits *waits);
void gate_waits_clear(struct gate_waits *waits);

/* A request is about to be decided. Any thread. */
void gate_waits_note_progress(struct gate_waits *waits, struct gate_wait *wait);

/*
 * A request whose decision needs the ledger is to wait, with this question (NULL: there is none to ask), and is given a
 * place; it is linked when it is suspended. False where it must be decided now: its time is over, or, with its answer
 * still MM_LEDGER_NOT_ASKED where the ledger is heard, there are too many or nobody waits any more. Any thread.
 */
MM_MUST_USE bool gate_waits_begin(struct gate_waits *waits, struct gate_wait *wait,
    const struct mm_ask_issued *question, int64_t now_ms, bool heard);

/* It is suspended now, by its connection. Any thread. */
void gate_waits_link(struct gate_waits *waits, struct gate_wait *wait, struct MHD_Connection *connection);

/* How many wait, and how often one did. Any thread. */
size_t gate_waits_count(struct gate_waits *waits);
uint64_t gate_waits_waited(struct gate_waits *waits);

/* ---- one thread alone ---- */

/* The stream went on: all that wait for it are to be decided anew. */
void gate_waits_go_on(struct gate_waits *waits);

/* The stream is broken, and with it the questions under way: who asked waits for another one, to ask again. */
void gate_waits_break(struct gate_waits *waits);

/* Nobody waits any more, from now on; who did is over with MM_LEDGER_NOT_ASKED. */
void gate_waits_close(struct gate_waits *waits);

/* An answer to the question of this number about this token; one that nobody waits for is passed over. */
void gate_waits_answer(struct gate_waits *waits, uint64_t number, const uint8_t digest[MM_DIGEST_LEN],
    enum mm_ledger_answer answer);

/*
 * Whose time is over, is to ask: the next such question, which counts as asked. False where there is none. Who has no
 * question, cannot ask (can_ask is false) or has asked as often as he may, is over with MM_LEDGER_SILENT; who may not
 * because too many questions are under way, with MM_LEDGER_NOT_ASKED where the ledger is heard.
 */
MM_MUST_USE bool gate_waits_ask(struct gate_waits *waits, int64_t now_ms, bool can_ask, bool heard,
    struct mm_ask_issued *question);

/* Take those that are to go on out of the list: their connections are to be resumed. Returns how many, at most max. */
size_t gate_waits_take(struct gate_waits *waits, struct MHD_Connection **connections, size_t max);

/* When gate_waits_ask() has something to do; INT64_MAX: never. */
int64_t gate_waits_deadline_ms(struct gate_waits *waits);

#endif
