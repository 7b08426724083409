/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from and to mintmarkd. Which may come when: those of the set-up before GATE_START, in any order;
 * afterwards segments, new views and the stop.
 */
#include "daemon/gate/control.h"

#include "daemon/gate/autopsy_finding.h"
#include "daemon/gate/epoch.h"
#include "daemon/gate/ledger.h"
#include "daemon/gate/state.h"
#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "lib/base/array.h"
#include "lib/base/buf.h"
#include "lib/base/reader.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* While the journal lacks a segment mintmarkd is asked this often: the disk may have room again. */
#define TICK_MS 1000

/* How many messages may lie in an alarm's way is mintmarkd's business; an alarm is cut, never split. */
#define ALARM_LEN_MAX 1024

/* What GATE_STATUS carries. */
#define STATE_LEN_MAX 8192

typedef bool message_handler(struct gate *gate, struct mm_message *message);

static bool
fail(const char *what)
{
	fprintf(stderr, "mintmark-gate: %s\n", what);
	return false;
}

/* ---- the set-up ---- */

static bool
take_settings(struct gate *gate, struct mm_message *message)
{
	struct mm_reader reader;
	struct mm_slice name;
	uint8_t mode;

	mm_reader_init(&reader, message->payload, message->len);
	mode = mm_reader_u8(&reader);
	gate->uid = mm_reader_u32(&reader);
	gate->gid = mm_reader_u32(&reader);
	gate->token_cache_bytes = mm_reader_u64(&reader);
	gate->stale_after_s = mm_reader_u32(&reader);
	name = mm_reader_slice(&reader, reader.left);
	if (!mm_reader_ok(&reader) || mode > MM_JOURNAL_GROUP || name.len == 0 || name.len > MM_GATE_NAME_MAX)
		return fail("its settings cannot be read");
	gate->journal_mode = (enum mm_journal_mode)mode;
	memcpy(gate->name, name.ptr, name.len);
	gate->settled = true;
	return true;
}

static bool
take_listener(struct gate *gate, struct mm_message *message)
{
	const char *why = mm_http_server_add_listener(&gate->server, message);

	return why == NULL || fail(why);
}

static bool
take_tls(struct gate *gate, struct mm_message *message)
{
	const char *why = mm_http_server_set_tls(&gate->server, message);

	return why == NULL || fail(why);
}

static bool
take_client_ca(struct gate *gate, struct mm_message *message)
{
	const char *why = mm_http_server_set_client_ca(&gate->server, message);

	return why == NULL || fail(why);
}

static bool
take_caller(struct gate *gate, struct mm_message *message)
{
	return gate_epoch_add_caller(gate, message->payload, message->len);
}

static bool
take_proxy(struct gate *gate, struct mm_message *message)
{
	return gate_epoch_add_proxy(gate, message->payload, message->len);
}

static bool
take_root(struct gate *gate, struct mm_message *message)
{
	return gate_mint_keys_set_root(&gate->mint_keys, message->payload, message->len) ||
	    fail("the root of mints cannot be read");
}

static bool
take_mint(struct gate *gate, struct mm_message *message)
{
	return gate_mint_keys_add_mint(&gate->mint_keys, message->payload, message->len) ||
	    fail("a mint cannot be read");
}

static bool
take_keys(struct gate *gate, struct mm_message *message)
{
	return gate_epoch_add_list(gate, message->payload, message->len, message->fd);
}

static bool
take_snapshot(struct gate *gate, struct mm_message *message)
{
	const char *why = gate_epoch_load(gate, message->fd);

	if (why != NULL)
		fprintf(stderr, "mintmark-gate: the trust snapshot cannot be used: %s\n", why);
	return why == NULL;
}

static bool
keep_segment(struct gate *gate, struct mm_message *message)
{
	if (gate->segment_count == GATE_SEGMENTS_MAX)
		return fail("too many journal segments before the start");
	gate->segments[gate->segment_count++] = message->fd;
	message->fd = -1;
	return true;
}

/* Whether everything is there that GATE_START promises. */
static bool
check_complete(struct gate *gate, struct mm_message *message)
{
	const char *why = mm_http_server_check(&gate->server);

	(void)message;
	if (!gate->settled || gate->next == NULL || gate->next->trust == NULL)
		return fail("settings or snapshot are missing");
	return why == NULL || fail(why);
}

static message_handler *const set_up_handlers[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_GATE_SETTINGS] = take_settings,
	[MM_MESSAGE_GATE_LISTENER] = take_listener,
	[MM_MESSAGE_GATE_TLS] = take_tls,
	[MM_MESSAGE_GATE_CLIENT_CA] = take_client_ca,
	[MM_MESSAGE_GATE_CALLER] = take_caller,
	[MM_MESSAGE_GATE_PROXY] = take_proxy,
	[MM_MESSAGE_GATE_ROOT] = take_root,
	[MM_MESSAGE_GATE_MINT] = take_mint,
	[MM_MESSAGE_GATE_KEYS] = take_keys,
	[MM_MESSAGE_GATE_SNAPSHOT] = take_snapshot,
	[MM_MESSAGE_GATE_SEGMENT] = keep_segment,
	[MM_MESSAGE_GATE_START] = check_complete,
};

/* Hand a message to the table's handler; what it did not keep of it is closed. */
static bool
dispatch(message_handler *const *handlers, struct gate *gate, struct mm_message *message)
{
	message_handler *handler = handlers[message->type];
	bool taken = handler != NULL ? handler(gate, message) : fail("a message came out of turn");

	if (message->fd >= 0)
		close(message->fd);
	message->fd = -1;
	return taken;
}

bool
gate_control_set_up(struct gate *gate)
{
	struct mm_message message;

	do {
		if (mm_message_receive(MM_CONTROL_FD, MM_PROCESS_GATE, MM_PROCESS_MINTMARKD, &message) != 1)
			return fail("mintmarkd went away before the start");
		if (!dispatch(set_up_handlers, gate, &message))
			return false;
	} while (message.type != MM_MESSAGE_GATE_START);
	return true;
}

/* ---- while it answers ---- */

static bool
add_segment(struct gate *gate, struct mm_message *message)
{
	atomic_store(&gate->segment_wanted, false);
	if (!mm_journal_add_segment(gate->journal, message->fd))
		gate_control_alarm(gate, "a journal segment cannot be used");
	message->fd = -1; /* the journal's, or closed by it */
	return true;
}

/* What is not good spoils the view that it belongs to, not the gate. */
static bool
add_caller(struct gate *gate, struct mm_message *message)
{
	gate->next_spoiled = !take_caller(gate, message) || gate->next_spoiled;
	return true;
}

static bool
add_proxy(struct gate *gate, struct mm_message *message)
{
	gate->next_spoiled = !take_proxy(gate, message) || gate->next_spoiled;
	return true;
}

static bool
add_mint(struct gate *gate, struct mm_message *message)
{
	gate->next_spoiled = !take_mint(gate, message) || gate->next_spoiled;
	gate_ledger_take_names(gate);
	return true;
}

static bool
add_keys(struct gate *gate, struct mm_message *message)
{
	gate->next_spoiled = !take_keys(gate, message) || gate->next_spoiled;
	return true;
}

static bool
take_peer(struct gate *gate, struct mm_message *message)
{
	if (gate->ledger == NULL || message->len < 1 || message->payload[0] != MM_PROCESS_LEDGER)
		return fail("there is no mint, or it is no pair with a ledger");
	gate_ledger_take_peer(gate, message->fd);
	message->fd = -1;
	return true;
}

static bool
replace_snapshot(struct gate *gate, struct mm_message *message)
{
	gate_epoch_replace(gate, message->fd);
	return true;
}

static message_handler *const serving_handlers[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_GATE_SEGMENT] = add_segment,
	[MM_MESSAGE_GATE_CALLER] = add_caller,
	[MM_MESSAGE_GATE_PROXY] = add_proxy,
	[MM_MESSAGE_GATE_MINT] = add_mint,
	[MM_MESSAGE_GATE_KEYS] = add_keys,
	[MM_MESSAGE_GATE_SNAPSHOT] = replace_snapshot,
	[MM_MESSAGE_GATE_PEER] = take_peer,
};

/* Take what lies in the socket. Returns false where serving ends, for the reason in *end. */
static bool
take_messages(struct gate *gate, enum gate_end *end)
{
	struct mm_message message;
	int received;

	while ((received = mm_message_receive(MM_CONTROL_FD, MM_PROCESS_GATE, MM_PROCESS_MINTMARKD, &message)) == 1) {
		*end = message.type == MM_MESSAGE_GATE_STOP ? GATE_END_STOP : GATE_END_GONE;
		if (message.type == MM_MESSAGE_GATE_STOP || !dispatch(serving_handlers, gate, &message))
			return false;
	}
	*end = GATE_END_GONE;
	return received == -1 && errno == EAGAIN;
}

static bool
send_to_parent(enum mm_message_type type, const void *payload, size_t len)
{
	return mm_message_send(MM_CONTROL_FD, MM_PROCESS_GATE, MM_PROCESS_MINTMARKD, type, payload, len, -1) == 0;
}

/* Of each realm whose keys are fetched at most one a tick; what cannot be sent now is sent with the next. */
static void
send_unknown_kids(struct gate *gate)
{
	struct gate_view *view = gate_views_newest(&gate->views);

	for (size_t i = 0; i < view->trust->realm_count; i++) {
		struct mm_slice name = view->trust->realms[i].name;

		if (atomic_exchange_explicit(&view->kids_wanted[i], false, memory_order_relaxed) &&
		    !send_to_parent(MM_MESSAGE_GATE_UNKNOWN_KID, name.ptr, name.len))
			atomic_store_explicit(&view->kids_wanted[i], true, memory_order_relaxed);
	}
}

/* One that cannot be sent is out of date by the next. */
static void
send_state(struct gate *gate)
{
	struct mm_buf state;

	mm_buf_init(&state, STATE_LEN_MAX);
	gate_state_write(gate, &state);
	if (mm_buf_ok(&state))
		(void)send_to_parent(MM_MESSAGE_GATE_STATUS, state.data, state.len);
	mm_buf_clear(&state);
}

/* What is looked after once a second. */
static void
tick(struct gate *gate)
{
	if (atomic_load(&gate->segment_wanted) || !mm_journal_ready(gate->journal))
		gate_control_want_segment(gate);
	gate_autopsy_tick(gate);
	send_unknown_kids(gate);
	if (gate->ledger != NULL && !gate_ledger_connected(gate->ledger))
		gate_control_want_peer();
	send_state(gate);
}

static int64_t
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* Wait until mintmarkd has something to say, or a thread that answers has, or the time has come; then look. */
static void
wait_until(struct gate *gate, int64_t until_ms)
{
	struct pollfd waited[] = { { MM_CONTROL_FD, POLLIN, 0 }, { gate->views.wake_fd, POLLIN, 0 } };
	int64_t left_ms = until_ms - now_ms();
	eventfd_t woken;

	(void)poll(waited, MM_COUNT_OF(waited), left_ms > 0 ? (int)left_ms : 0);
	(void)eventfd_read(gate->views.wake_fd, &woken);
}

enum gate_end
gate_control_serve(struct gate *gate)
{
	int64_t next_tick_ms = now_ms() + TICK_MS;
	enum gate_end end;

	do {
		gate_epoch_settle(gate);
		wait_until(gate, next_tick_ms);
		if (now_ms() >= next_tick_ms) {
			tick(gate);
			next_tick_ms = now_ms() + TICK_MS;
		}
	} while (take_messages(gate, &end));
	return end;
}

/* ---- to mintmarkd ---- */

static bool
send_epoch(enum mm_message_type type, uint64_t epoch)
{
	struct mm_buf payload;
	bool sent;

	mm_buf_init(&payload, sizeof(epoch));
	mm_buf_add_u64(&payload, epoch);
	sent = mm_buf_ok(&payload) && send_to_parent(type, payload.data, payload.len);
	mm_buf_clear(&payload);
	return sent;
}

bool
gate_control_send_ready(uint64_t epoch)
{
	return send_epoch(MM_MESSAGE_GATE_READY, epoch);
}

bool
gate_control_send_epoch(uint64_t epoch)
{
	return send_epoch(MM_MESSAGE_GATE_EPOCH, epoch);
}

void
gate_control_want_peer(void)
{
	/* Where it cannot be sent, mintmarkd is about to go, and makes a pair where it comes back. */
	(void)send_to_parent(MM_MESSAGE_GATE_WANT_PEER, NULL, 0);
}

void
gate_control_want_segment(struct gate *gate)
{
	/* Where it cannot be sent now, the next tick asks again. */
	atomic_store(&gate->segment_wanted, !send_to_parent(MM_MESSAGE_GATE_WANT_SEGMENT, NULL, 0));
}

void
gate_control_alarm(struct gate *gate, const char *text)
{
	size_t len = strnlen(text, ALARM_LEN_MAX);

	if (!send_to_parent(MM_MESSAGE_GATE_ALARM, text, len))
		atomic_fetch_add_explicit(&gate->metrics.alarms_untold, 1, memory_order_relaxed);
}
