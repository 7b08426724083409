/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The thread that hears the ledger.
 */
#include "daemon/gate/ledger.h"

#include "daemon/gate/control.h"
#include "daemon/gate/stream.h"
#include "daemon/ipc/message.h"
#include "lib/base/array.h"

#include <errno.h>
#include <limits.h>
#include <microhttpd.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

/* Clocks may differ by this much before nothing that depends on the time is believed. */
#define CLOCK_OFF_MAX_MS 30000

/* A ledger that is started anew is back within this; requests wait for it as long as they may. */
#define COMES_BACK_MS 5000

/* Its heartbeats come each second: who said nothing for longer than this is not heard. */
#define HEARD_MS 3000

/* Messages that are taken at once before requests go on. */
#define MESSAGES_AT_ONCE 64

/* How often what does not matter any more is forgotten, and how often it is told that there is too much. */
#define FORGET_MS 60000

/* Requests that go on at once. */
#define RESUMED_AT_ONCE 64

/* A process that was told to let go has done so after this at the latest. */
#define LET_GO_MAX_MS 1000

struct gate_ledger {
	struct gate *gate;
	pthread_t thread;
	bool runs;
	int wake_fd;
	_Atomic bool ends;

	/* What the control socket's thread hands over. */
	pthread_mutex_t lock;
	int next_peer; /* -1: none */
	char names[MM_MINT_REALMS_MAX][MM_NAME_LEN_MAX + 1];
	uint64_t held_epoch; /* of the current view */

	/* The thread's own. */
	int peer; /* -1: none */
	char own_names[MM_MINT_REALMS_MAX][MM_NAME_LEN_MAX + 1]; /* as they were when the pair came */
	struct gate_stream *stream; /* NULL: none runs */
	struct mm_revoked *revoked[MM_MINT_REALMS_MAX]; /* by number, longer than streams; NULL: no such mint yet */
	int64_t forget_ms, too_much_ms; /* when it was done last, by the boot clock */
	struct mm_message message;
	struct gate_waits waits;

	pthread_rwlock_t proof_lock; /* decisions read what writers replace */
	struct mm_proof *proof;

	_Atomic int64_t heard_boot_ms; /* when anything of it was believed last, by the boot clock; 0: never */

	/* Of the newest heartbeat or batch that left no revocation untold. */
	_Atomic bool has_beat, connected;
	_Atomic int64_t beat_boot_ms;   /* the ledger's moment, by the boot clock */
	_Atomic int64_t clock_base_ms;  /* its time of day less its boot clock */
	_Atomic int64_t latest_ms;      /* the latest time of day that it ever told */
	_Atomic uint64_t epoch;         /* the latest that it ever named */
	_Atomic int64_t lacks_boot_ms;  /* since when it names a later one than the current view's; 0: it does not */
	_Atomic int64_t lost_boot_ms;   /* when the pair broke, or the gate began */
	_Atomic uint64_t streams, messages, broken, index_tokens, index_bytes, asked, answered;
	_Atomic uint64_t revoked_count, revoked_bytes, revoked_heard;
};

static int64_t
clock_ms(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the proof ---- */

const struct mm_proof *
gate_ledger_hold_proof(struct gate_ledger *ledger)
{
	pthread_rwlock_rdlock(&ledger->proof_lock);
	return ledger->proof;
}

void
gate_ledger_give_back_proof(struct gate_ledger *ledger)
{
	pthread_rwlock_unlock(&ledger->proof_lock);
}

/* What the stream fills is decided by from now on; it goes on being filled. */
static void
publish(struct gate_ledger *ledger)
{
	struct mm_proof *old = ledger->proof;

	pthread_rwlock_wrlock(&ledger->proof_lock);
	ledger->proof = ledger->stream->proof;
	pthread_rwlock_unlock(&ledger->proof_lock);
	mm_proof_free(&old);
}

static void
drop_stream(struct gate_ledger *ledger)
{
	if (ledger->stream == NULL)
		return;
	if (ledger->stream->proof == ledger->proof)
		ledger->stream->proof = NULL; /* decided by until the next one has everything */
	gate_stream_clear(ledger->stream);
	free(ledger->stream);
	ledger->stream = NULL;
}

/* The set of a mint's revocations, which stays for as long as the gate. */
static struct mm_revoked *
need_revoked(struct gate_ledger *ledger, size_t number)
{
	unsigned char seed[MM_REVOKED_SEED_LEN];

	if (ledger->revoked[number] == NULL && getrandom(seed, sizeof(seed), 0) == (ssize_t)sizeof(seed))
		ledger->revoked[number] = mm_revoked_new(seed);
	return ledger->revoked[number];
}

static bool
add_mint(struct gate_ledger *ledger, struct mm_proof *proof, size_t number)
{
	struct mm_slice name = mm_slice_str(ledger->own_names[number]);
	const struct mm_revoked *revoked = need_revoked(ledger, number);

	return revoked != NULL && mm_proof_index(proof, name) != NULL && mm_proof_set_revoked(proof, name, revoked);
}

/* Every mint's index is there before anybody decides by it: later ones would move beneath the readers. */
static bool
new_stream(struct gate_ledger *ledger)
{
	struct gate_stream *stream = calloc(1, sizeof(*stream));

	if (stream == NULL || !gate_stream_init(stream, ledger->gate->mint_keys.root)) {
		free(stream);
		return false;
	}
	ledger->stream = stream;
	for (size_t i = 0; i < MM_MINT_REALMS_MAX; i++)
		if (ledger->own_names[i][0] != '\0' && !add_mint(ledger, stream->proof, i))
			return false;
	return true;
}

static void
count_index(struct gate_ledger *ledger)
{
	uint64_t tokens = 0, bytes = 0;

	for (size_t i = 0; ledger->proof != NULL && i < ledger->proof->realm_count; i++) {
		const struct mm_issued *issued = ledger->proof->realms[i].issued;

		if (issued == NULL)
			continue;
		tokens += mm_issued_count(issued);
		bytes += mm_issued_bytes(issued);
	}
	atomic_store_explicit(&ledger->index_tokens, tokens, memory_order_relaxed);
	atomic_store_explicit(&ledger->index_bytes, bytes, memory_order_relaxed);
}

/* ---- the pair ---- */

static void
lose_peer(struct gate_ledger *ledger, const char *why)
{
	char text[256];

	if (why != NULL) {
		snprintf(text, sizeof(text), "the ledger's stream cannot be believed any more: %s", why);
		gate_control_alarm(ledger->gate, text);
		atomic_fetch_add_explicit(&ledger->broken, 1, memory_order_relaxed);
	}
	close(ledger->peer);
	ledger->peer = -1;
	drop_stream(ledger);
	gate_waits_break(&ledger->waits);
	atomic_store(&ledger->lost_boot_ms, clock_ms(CLOCK_BOOTTIME));
	atomic_store(&ledger->connected, false);
	gate_control_want_peer();
}

static void
take_next_peer(struct gate_ledger *ledger)
{
	int fd;

	pthread_mutex_lock(&ledger->lock);
	fd = ledger->next_peer;
	ledger->next_peer = -1;
	if (fd >= 0)
		memcpy(ledger->own_names, ledger->names, sizeof(ledger->own_names));
	pthread_mutex_unlock(&ledger->lock);
	if (fd == -1)
		return;
	if (ledger->peer >= 0)
		close(ledger->peer);
	drop_stream(ledger);
	gate_waits_break(&ledger->waits);
	ledger->peer = fd;
	if (!new_stream(ledger)) {
		lose_peer(ledger, "memory is short");
		return;
	}
	atomic_fetch_add_explicit(&ledger->streams, 1, memory_order_relaxed);
	atomic_store(&ledger->connected, true);
}

/* ---- its messages ---- */

static void
take_answer(struct gate_ledger *ledger)
{
	static const enum mm_ledger_answer answers[] = {
		[MM_ISSUED_YES] = MM_LEDGER_HAS_IT,
		[MM_ISSUED_NO] = MM_LEDGER_HAS_IT_NOT,
		[MM_ISSUED_VOID] = MM_LEDGER_HAS_IT_NOT,
		[MM_ISSUED_UNKNOWN] = MM_LEDGER_SILENT,
	};
	struct mm_ledger_says says;

	if (ledger->message.len != sizeof(says)) {
		lose_peer(ledger, "an answer is too short or too long");
		return;
	}
	memcpy(&says, ledger->message.payload, sizeof(says));
	atomic_fetch_add_explicit(&ledger->answered, 1, memory_order_relaxed);
	if (says.answer < MM_ISSUED_YES || says.answer > MM_ISSUED_UNKNOWN)
		says.answer = MM_ISSUED_UNKNOWN;
	gate_waits_answer(&ledger->waits, says.number, says.digest, answers[says.answer]);
}

/* Since when the gate lacks what it was told of: later epochs that it lacks too change nothing. */
static void
look_at_epoch(struct gate_ledger *ledger)
{
	pthread_mutex_lock(&ledger->lock);
	if (atomic_load(&ledger->epoch) <= ledger->held_epoch)
		atomic_store(&ledger->lacks_boot_ms, 0);
	else if (atomic_load(&ledger->lacks_boot_ms) == 0)
		atomic_store(&ledger->lacks_boot_ms, clock_ms(CLOCK_BOOTTIME));
	pthread_mutex_unlock(&ledger->lock);
}

/*
 * What the newest message says of the ledger's time and of the trust, for whoever decides. One that came while there is
 * more to be told of what was revoked is no sign of life: nobody could rely on it.
 */
static void
note_head(struct gate_ledger *ledger)
{
	const struct mm_index_head *head = &ledger->stream->head;

	/* A ledger that was started anew may not know yet what the one before named. */
	if (head->epoch > atomic_load(&ledger->epoch))
		atomic_store(&ledger->epoch, head->epoch);
	if (head->revoked_told) {
		if (head->time_us / 1000 > atomic_load(&ledger->latest_ms))
			atomic_store(&ledger->latest_ms, head->time_us / 1000);
		atomic_store(&ledger->clock_base_ms, head->time_us / 1000 - head->boot_ms);
		atomic_store(&ledger->beat_boot_ms, head->boot_ms);
		atomic_store(&ledger->has_beat, true);
	}
	look_at_epoch(ledger);
}

/* ---- what is revoked ---- */

static void
count_revoked(struct gate_ledger *ledger)
{
	uint64_t count = 0, bytes = 0;

	for (size_t i = 0; i < MM_MINT_REALMS_MAX; i++)
		if (ledger->revoked[i] != NULL) {
			count += mm_revoked_count(ledger->revoked[i]);
			bytes += mm_revoked_bytes(ledger->revoked[i]);
		}
	atomic_store_explicit(&ledger->revoked_count, count, memory_order_relaxed);
	atomic_store_explicit(&ledger->revoked_bytes, bytes, memory_order_relaxed);
}

/* Nobody decides meanwhile. */
static void
take_revoked(struct gate_ledger *ledger, const struct gate_stream_time *time)
{
	bool apart;

	pthread_rwlock_wrlock(&ledger->proof_lock);
	apart = gate_stream_revoke(ledger->stream, ledger->revoked, time);
	pthread_rwlock_unlock(&ledger->proof_lock);
	atomic_fetch_add_explicit(&ledger->revoked_heard, ledger->stream->revoked, memory_order_relaxed);
	count_revoked(ledger);
	if (apart || (ledger->too_much_ms != 0 && time->boot_ms - ledger->too_much_ms < FORGET_MS))
		return;
	ledger->too_much_ms = time->boot_ms;
	gate_control_alarm(ledger->gate, "more is revoked of a mint than can be kept apart: all of its tokens that "
	    "were issued until now are refused");
}

static void
forget_revoked(struct gate_ledger *ledger)
{
	int64_t boot_ms = clock_ms(CLOCK_BOOTTIME);

	if (boot_ms - ledger->forget_ms < FORGET_MS)
		return;
	ledger->forget_ms = boot_ms;
	pthread_rwlock_wrlock(&ledger->proof_lock);
	for (size_t i = 0; i < MM_MINT_REALMS_MAX; i++)
		if (ledger->revoked[i] != NULL && mm_revoked_count(ledger->revoked[i]) > 0)
			mm_revoked_forget(ledger->revoked[i], boot_ms, clock_ms(CLOCK_REALTIME) / 1000);
	pthread_rwlock_unlock(&ledger->proof_lock);
	count_revoked(ledger);
}

/* Day keys change what decisions read: nobody decides meanwhile. */
static const char *
take_keys(struct gate_ledger *ledger, const char *const *names, const struct gate_stream_time *time)
{
	const char *fault;

	pthread_rwlock_wrlock(&ledger->proof_lock);
	fault = gate_stream_take(ledger->stream, &ledger->message, names, time);
	mm_proof_forget_before(ledger->stream->proof, mm_mint_day(time->now_s) - 2);
	pthread_rwlock_unlock(&ledger->proof_lock);
	return fault;
}

static void
take_stream(struct gate_ledger *ledger)
{
	const char *names[MM_MINT_REALMS_MAX];
	struct gate_stream_time time = { .boot_ms = clock_ms(CLOCK_BOOTTIME) };
	const char *fault;

	time.now_us = clock_ms(CLOCK_REALTIME) * 1000;
	time.now_s = time.now_us / 1000000;
	for (size_t i = 0; i < MM_MINT_REALMS_MAX; i++)
		names[i] = ledger->own_names[i][0] == '\0' ? NULL : ledger->own_names[i];
	if (ledger->message.type == MM_MESSAGE_LEDGER_DAY_KEYS)
		fault = take_keys(ledger, names, &time);
	else
		fault = gate_stream_take(ledger->stream, &ledger->message, names, &time);
	atomic_fetch_add_explicit(&ledger->messages, 1, memory_order_relaxed);
	if (fault != NULL) {
		lose_peer(ledger, fault);
		return;
	}
	atomic_store(&ledger->heard_boot_ms, time.boot_ms);
	if (ledger->stream->revoked > 0)
		take_revoked(ledger, &time);
	if (ledger->stream->has_head)
		note_head(ledger);
	if (ledger->stream->proof != ledger->proof && (ledger->proof == NULL || ledger->stream->settled))
		publish(ledger);
}

/* Take one message. Returns whether there was one. */
static bool
take_message(struct gate_ledger *ledger)
{
	int got = mm_message_receive(ledger->peer, MM_PROCESS_GATE, MM_PROCESS_LEDGER, &ledger->message);

	if (got == -1 && errno == EAGAIN)
		return false;
	if (got != 1)
		lose_peer(ledger, got == 0 ? NULL : "a message is none");
	else if (ledger->message.type == MM_MESSAGE_GATE_LEDGER_SAYS)
		take_answer(ledger);
	else
		take_stream(ledger);
	return true;
}

static void
take_messages(struct gate_ledger *ledger)
{
	uint64_t before = atomic_load_explicit(&ledger->messages, memory_order_relaxed);

	for (int i = 0; i < MESSAGES_AT_ONCE && ledger->peer >= 0 && take_message(ledger); i++)
		continue;
	if (atomic_load_explicit(&ledger->messages, memory_order_relaxed) == before)
		return;
	count_index(ledger);
	forget_revoked(ledger);
	gate_waits_go_on(&ledger->waits);
}

/* ---- requests that wait ---- */

static void
ask(struct gate_ledger *ledger)
{
	bool heard = gate_ledger_is_heard(ledger);
	struct mm_ask_issued question;

	while (gate_waits_ask(&ledger->waits, clock_ms(CLOCK_MONOTONIC), ledger->peer >= 0, heard, &question)) {
		atomic_fetch_add_explicit(&ledger->asked, 1, memory_order_relaxed);
		if (mm_message_send(ledger->peer, MM_PROCESS_GATE, MM_PROCESS_LEDGER, MM_MESSAGE_GATE_ASK_ISSUED,
		        &question, sizeof(question), -1) == -1)
			gate_waits_answer(&ledger->waits, question.number, question.digest,
			    heard ? MM_LEDGER_NOT_ASKED : MM_LEDGER_SILENT);
	}
}

static void
resume(struct gate_ledger *ledger)
{
	struct MHD_Connection *connections[RESUMED_AT_ONCE];
	size_t count;

	while ((count = gate_waits_take(&ledger->waits, connections, MM_COUNT_OF(connections))) > 0)
		for (size_t i = 0; i < count; i++)
			MHD_resume_connection(connections[i]);
}

static int
timeout_ms(struct gate_ledger *ledger)
{
	int64_t deadline_ms = gate_waits_deadline_ms(&ledger->waits), left_ms;

	if (deadline_ms == INT64_MAX)
		return -1;
	left_ms = deadline_ms - clock_ms(CLOCK_MONOTONIC);
	return left_ms < 0 ? 0 : left_ms > INT_MAX ? INT_MAX : (int)left_ms;
}

static void *
run(void *ctx)
{
	struct gate_ledger *ledger = ctx;

	while (!atomic_load(&ledger->ends)) {
		struct pollfd waited[] = { { ledger->wake_fd, POLLIN, 0 }, { ledger->peer, POLLIN, 0 } };
		eventfd_t woken;

		(void)poll(waited, MM_COUNT_OF(waited), timeout_ms(ledger));
		(void)eventfd_read(ledger->wake_fd, &woken);
		take_next_peer(ledger);
		if (ledger->peer >= 0)
			take_messages(ledger);
		ask(ledger);
		resume(ledger);
	}
	return NULL;
}

/* ---- beginning and ending ---- */

static bool
init_locks(struct gate_ledger *ledger)
{
	pthread_rwlockattr_t attributes;

	/* Decisions follow each other without a gap; who feeds them must get his turn. */
	if (pthread_rwlockattr_init(&attributes) != 0)
		return false;
	pthread_rwlockattr_setkind_np(&attributes, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(&ledger->proof_lock, &attributes);
	pthread_rwlockattr_destroy(&attributes);
	pthread_mutex_init(&ledger->lock, NULL);
	gate_waits_init(&ledger->waits);
	return true;
}

bool
gate_ledger_begin(struct gate *gate)
{
	struct gate_ledger *ledger;

	if (!gate->mint_keys.has_root)
		return true;
	ledger = calloc(1, sizeof(*ledger));
	if (ledger == NULL || !init_locks(ledger)) {
		fprintf(stderr, "mintmark-gate: no memory for the ledger\n");
		free(ledger);
		return false;
	}
	gate->ledger = ledger;
	ledger->gate = gate;
	ledger->held_epoch = gate->epoch_told;
	ledger->peer = ledger->next_peer = -1;
	atomic_store(&ledger->lost_boot_ms, clock_ms(CLOCK_BOOTTIME));
	ledger->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	gate_ledger_take_names(gate);
	ledger->runs = ledger->wake_fd != -1 && pthread_create(&ledger->thread, NULL, run, ledger) == 0;
	if (!ledger->runs)
		fprintf(stderr, "mintmark-gate: no thread for the ledger\n");
	return ledger->runs;
}

void
gate_ledger_let_go(struct gate *gate)
{
	struct gate_ledger *ledger = gate->ledger;
	const struct timespec step = { 0, 1000000 };

	if (ledger == NULL || !ledger->runs)
		return;
	gate_waits_close(&ledger->waits);
	for (int ms = 0; ms < LET_GO_MAX_MS && gate_waits_count(&ledger->waits) > 0; ms++) {
		gate_ledger_wake(ledger);
		nanosleep(&step, NULL);
	}
}

void
gate_ledger_end(struct gate *gate)
{
	struct gate_ledger *ledger = gate->ledger;

	if (ledger == NULL)
		return;
	atomic_store(&ledger->ends, true);
	gate_ledger_wake(ledger);
	if (ledger->runs)
		pthread_join(ledger->thread, NULL);
	drop_stream(ledger);
	mm_proof_free(&ledger->proof);
	for (size_t i = 0; i < MM_MINT_REALMS_MAX; i++)
		mm_revoked_free(&ledger->revoked[i]);
	if (ledger->peer >= 0)
		close(ledger->peer);
	if (ledger->next_peer >= 0)
		close(ledger->next_peer);
	if (ledger->wake_fd >= 0)
		close(ledger->wake_fd);
	gate_waits_clear(&ledger->waits);
	pthread_mutex_destroy(&ledger->lock);
	pthread_rwlock_destroy(&ledger->proof_lock);
	free(ledger);
	gate->ledger = NULL;
}

/* ---- other threads ---- */

void
gate_ledger_wake(const struct gate_ledger *ledger)
{
	(void)eventfd_write(ledger->wake_fd, 1);
}

void
gate_ledger_take_names(struct gate *gate)
{
	struct gate_ledger *ledger = gate->ledger;

	if (ledger == NULL)
		return;
	pthread_mutex_lock(&ledger->lock);
	for (uint16_t i = 0; i < MM_MINT_REALMS_MAX; i++) {
		const char *name = gate_mint_keys_name(&gate->mint_keys, i);

		if (name != NULL)
			memcpy(ledger->names[i], name, strlen(name) + 1);
	}
	pthread_mutex_unlock(&ledger->lock);
}

void
gate_ledger_hold_epoch(struct gate *gate, uint64_t epoch)
{
	struct gate_ledger *ledger = gate->ledger;

	if (ledger == NULL)
		return;
	pthread_mutex_lock(&ledger->lock);
	ledger->held_epoch = epoch;
	pthread_mutex_unlock(&ledger->lock);
	look_at_epoch(ledger);
}

void
gate_ledger_take_peer(struct gate *gate, int fd)
{
	struct gate_ledger *ledger = gate->ledger;

	pthread_mutex_lock(&ledger->lock);
	if (ledger->next_peer >= 0)
		close(ledger->next_peer);
	ledger->next_peer = fd;
	pthread_mutex_unlock(&ledger->lock);
	gate_ledger_wake(ledger);
}

struct gate_waits *
gate_ledger_waits(struct gate_ledger *ledger)
{
	return &ledger->waits;
}

bool
gate_ledger_number(struct gate_ledger *ledger, struct mm_slice realm, uint16_t *number)
{
	bool found = false;

	pthread_mutex_lock(&ledger->lock);
	for (uint16_t i = 0; i < MM_MINT_REALMS_MAX && !found; i++) {
		found = mm_slice_equal(mm_slice_str(ledger->names[i]), realm);
		*number = i;
	}
	pthread_mutex_unlock(&ledger->lock);
	return found;
}

int64_t
gate_ledger_age_ms(const struct gate_ledger *ledger)
{
	if (!atomic_load(&ledger->has_beat))
		return INT64_MAX;
	return clock_ms(CLOCK_BOOTTIME) - atomic_load(&ledger->beat_boot_ms);
}

int64_t
gate_ledger_stale_for_ms(const struct gate_ledger *ledger)
{
	int64_t age_ms = gate_ledger_age_ms(ledger), since_ms = atomic_load(&ledger->lacks_boot_ms);
	int64_t lacks_ms = since_ms == 0 ? 0 : clock_ms(CLOCK_BOOTTIME) - since_ms;

	return lacks_ms > age_ms ? lacks_ms : age_ms;
}

enum mm_freshness
gate_ledger_freshness(const struct gate_ledger *ledger, uint64_t epoch, int64_t now_ms)
{
	int64_t boot_ms = clock_ms(CLOCK_BOOTTIME), ledger_ms;

	if (!atomic_load(&ledger->has_beat))
		return MM_STALE;
	ledger_ms = atomic_load(&ledger->clock_base_ms) + boot_ms;
	if (ledger_ms - now_ms > CLOCK_OFF_MAX_MS || now_ms - ledger_ms > CLOCK_OFF_MAX_MS)
		return MM_CLOCK_IS_OFF;
	/* Set back, ours with it: what had expired, or was revoked and is forgotten, would be good again. */
	if (ledger_ms < atomic_load(&ledger->latest_ms) - CLOCK_OFF_MAX_MS)
		return MM_CLOCK_IS_OFF;
	if (boot_ms - atomic_load(&ledger->beat_boot_ms) > (int64_t)ledger->gate->stale_after_s * 1000 ||
	    atomic_load(&ledger->epoch) > epoch)
		return MM_STALE;
	return MM_FRESH;
}

enum mm_freshness
gate_ledger_freshness_now(const struct gate *gate)
{
	/* The slots belong to another thread, but the view that is taken stays as long as it is. */
	struct gate_views *views = (struct gate_views *)(uintptr_t)&gate->views;
	const struct gate_view *view = gate_views_take(views);
	uint64_t epoch = mm_trust_epoch(view->trust);

	gate_views_give_back(views, view);
	return gate_ledger_freshness(gate->ledger, epoch, clock_ms(CLOCK_REALTIME));
}

bool
gate_ledger_connected(const struct gate_ledger *ledger)
{
	return atomic_load(&ledger->connected);
}

bool
gate_ledger_is_heard(const struct gate_ledger *ledger)
{
	return gate_ledger_connected(ledger) &&
	    clock_ms(CLOCK_BOOTTIME) - atomic_load(&ledger->heard_boot_ms) < HEARD_MS;
}

bool
gate_ledger_may_come(const struct gate_ledger *ledger)
{
	return atomic_load(&ledger->connected) ||
	    clock_ms(CLOCK_BOOTTIME) - atomic_load(&ledger->lost_boot_ms) < COMES_BACK_MS;
}

void
gate_ledger_get_stats(struct gate_ledger *ledger, struct gate_ledger_stats *stats)
{
	*stats = (struct gate_ledger_stats){
		.connected = atomic_load(&ledger->connected),
		.age_ms = gate_ledger_age_ms(ledger),
		.epoch = atomic_load(&ledger->epoch),
		.streams = atomic_load(&ledger->streams),
		.messages = atomic_load(&ledger->messages),
		.broken = atomic_load(&ledger->broken),
		.index_tokens = atomic_load(&ledger->index_tokens),
		.index_bytes = atomic_load(&ledger->index_bytes),
		.revoked = atomic_load(&ledger->revoked_count),
		.revoked_bytes = atomic_load(&ledger->revoked_bytes),
		.revoked_heard = atomic_load(&ledger->revoked_heard),
		.asked = atomic_load(&ledger->asked),
		.answered = atomic_load(&ledger->answered),
		.waited = gate_waits_waited(&ledger->waits),
		.waiting = gate_waits_count(&ledger->waits),
	};
	if (atomic_load(&ledger->has_beat))
		stats->clock_off_ms = atomic_load(&ledger->clock_base_ms) + clock_ms(CLOCK_BOOTTIME) -
		    clock_ms(CLOCK_REALTIME);
}
