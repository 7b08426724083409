/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages from and to mintmarkd, verifier and ledger. Of mintmarkd's those of the set-up come before ISSUER_START, in
 * any order; afterwards keys, tenants, peers and the stop.
 */
#include "daemon/issuer/control.h"

#include "daemon/ipc/limits.h"
#include "daemon/ipc/message.h"
#include "daemon/ipc/sealed.h"
#include "engine/key_list.h"
#include "lib/base/array.h"
#include "lib/base/reader.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS 1000

/* How late a question's end may be seen. */
#define EXPIRE_MS 250

#define ALARM_LEN_MAX 1024
#define STATE_LEN_MAX 8192

typedef bool message_handler(struct issuer *issuer, struct mm_message *message);

static bool
fail(const char *what)
{
	fprintf(stderr, "mintmark-issuer: %s\n", what);
	return false;
}

static bool
send_to_parent(enum mm_message_type type, const void *payload, size_t len)
{
	return mm_message_send(MM_CONTROL_FD, MM_PROCESS_ISSUER, MM_PROCESS_MINTMARKD, type, payload, len, -1) == 0;
}

static void
tell_alarm(struct issuer *issuer, const char *what, const char *why)
{
	char text[ALARM_LEN_MAX];
	int len = snprintf(text, sizeof(text), "realm %s: %s: %s", issuer->realm.name, what, why);

	if (len < 0 || !send_to_parent(MM_MESSAGE_ISSUER_ALARM, text, strlen(text)))
		atomic_fetch_add_explicit(&issuer->metrics.alarms_untold, 1, memory_order_relaxed);
}

/* It lives, and knows no more of this pair than this process. */
static void
want_peer(enum mm_process process)
{
	const unsigned char payload[3] = { (unsigned char)process };

	(void)send_to_parent(MM_MESSAGE_ISSUER_WANT_PEER, payload, sizeof(payload));
}

/* ---- the set-up ---- */

static bool
take_realm(struct issuer *issuer, struct mm_message *message)
{
	if (issuer->has_realm || !issuer_realm_read(mm_slice(message->payload, message->len), &issuer->realm))
		return fail("its realm cannot be read");
	issuer->has_realm = true;
	return true;
}

static bool
take_root(struct issuer *issuer, struct mm_message *message)
{
	if (message->len != sizeof(issuer->root))
		return fail("the offline root's key is none");
	memcpy(issuer->root, message->payload, sizeof(issuer->root));
	issuer->has_root = true;
	return true;
}

static bool
take_listener(struct issuer *issuer, struct mm_message *message)
{
	const char *why = mm_http_server_add_listener(&issuer->server, message);

	return why == NULL || fail(why);
}

static bool
take_tls(struct issuer *issuer, struct mm_message *message)
{
	const char *why = mm_http_server_set_tls(&issuer->server, message);

	return why == NULL || fail(why);
}

static bool
take_client_ca(struct issuer *issuer, struct mm_message *message)
{
	const char *why = mm_http_server_set_client_ca(&issuer->server, message);

	return why == NULL || fail(why);
}

static bool
take_proxy(struct issuer *issuer, struct mm_message *message)
{
	return mm_http_proxies_add(&issuer->proxies, mm_slice(message->payload, message->len)) ||
	    fail("a trusted proxy is none, or memory is short");
}

/* Both ends must never wait for each other. */
static bool
take_peer(struct issuer *issuer, struct mm_message *message)
{
	enum mm_process peer = message->len > 0 ? (enum mm_process)message->payload[0] : MM_PROCESS_COUNT;

	if (message->len != 3 || !mm_message_make_prompt(message->fd) ||
	    !issuer_waiting_set_peer(&issuer->waiting, peer, message->fd))
		return fail("a peer is of no known kind");
	message->fd = -1;
	return true;
}

/*
 * A list that cannot be used is told, and the one before stays: the ledger sends the next one. Before the start the
 * root may come behind it, so that mintmarkd sends it first.
 */
static bool
take_keys(struct issuer *issuer, struct mm_message *message)
{
	struct mm_slice list;
	const char *why;

	if (!issuer->has_realm || !issuer->has_root)
		return fail("keys came before the realm and the offline root's key");
	if (mm_sealed_map(message->fd, MM_KEY_LIST_LEN_MAX, &list) == -1)
		return fail("the key list is no sealed memory");
	why = issuer_key_set_take(&issuer->keys, list, issuer->realm.name, issuer->root, (int64_t)time(NULL));
	mm_sealed_unmap(&list);
	if (why != NULL)
		tell_alarm(issuer, "the key list is not published", why);
	return true;
}

static bool
take_tenants(struct issuer *issuer, struct mm_message *message)
{
	struct mm_slice list;
	bool taken;

	if (mm_sealed_map(message->fd, MM_DIRECTORY_LEN_MAX, &list) == -1)
		return fail("the list of tenants is no sealed memory");
	taken = issuer_tenants_take(&issuer->tenants, list);
	mm_sealed_unmap(&list);
	return taken || fail("the list of tenants cannot be read, or memory is short");
}

/* Whether everything is there that ISSUER_START promises. */
static bool
check_complete(struct issuer *issuer, struct mm_message *message)
{
	const char *why = mm_http_server_check(&issuer->server);
	struct mm_reader reader;

	mm_reader_init(&reader, message->payload, message->len);
	issuer->uid = mm_reader_u32(&reader);
	issuer->gid = mm_reader_u32(&reader);
	if (!mm_reader_ok(&reader) || !issuer->has_realm || !issuer->has_root)
		return fail("realm, offline root's key or user are missing");
	return why == NULL || fail(why);
}

static message_handler *const set_up_handlers[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_ISSUER_REALM] = take_realm,
	[MM_MESSAGE_ISSUER_ROOT] = take_root,
	[MM_MESSAGE_ISSUER_LISTENER] = take_listener,
	[MM_MESSAGE_ISSUER_TLS] = take_tls,
	[MM_MESSAGE_ISSUER_CLIENT_CA] = take_client_ca,
	[MM_MESSAGE_ISSUER_PROXY] = take_proxy,
	[MM_MESSAGE_ISSUER_PEER] = take_peer,
	[MM_MESSAGE_ISSUER_KEYS] = take_keys,
	[MM_MESSAGE_ISSUER_TENANTS] = take_tenants,
	[MM_MESSAGE_ISSUER_START] = check_complete,
};

/* Hand a message to the table's handler; what it did not keep of it is closed. */
static bool
dispatch(message_handler *const *handlers, struct issuer *issuer, struct mm_message *message)
{
	message_handler *handler = handlers[message->type];
	bool taken = handler != NULL ? handler(issuer, message) : fail("a message came out of turn");

	if (message->fd >= 0)
		close(message->fd);
	message->fd = -1;
	return taken;
}

bool
issuer_control_set_up(struct issuer *issuer)
{
	static struct mm_message message;

	do {
		if (mm_message_receive(MM_CONTROL_FD, MM_PROCESS_ISSUER, MM_PROCESS_MINTMARKD, &message) != 1)
			return fail("mintmarkd went away before the start");
		if (!dispatch(set_up_handlers, issuer, &message))
			return false;
	} while (message.type != MM_MESSAGE_ISSUER_START);
	return true;
}

bool
issuer_control_send_ready(void)
{
	return send_to_parent(MM_MESSAGE_ISSUER_READY, NULL, 0);
}

/* ---- while it answers ---- */

static message_handler *const serving_handlers[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_ISSUER_PEER] = take_peer,
	[MM_MESSAGE_ISSUER_KEYS] = take_keys,
	[MM_MESSAGE_ISSUER_TENANTS] = take_tenants,
};

/* Take what lies in the socket. Returns false where serving ends, for the reason in *end. */
static bool
take_messages(struct issuer *issuer, enum issuer_end *end)
{
	static struct mm_message message;
	int received;

	while ((received = mm_message_receive(MM_CONTROL_FD, MM_PROCESS_ISSUER, MM_PROCESS_MINTMARKD, &message)) == 1) {
		*end = message.type == MM_MESSAGE_ISSUER_STOP ? ISSUER_END_STOP : ISSUER_END_GONE;
		if (message.type == MM_MESSAGE_ISSUER_STOP || !dispatch(serving_handlers, issuer, &message))
			return false;
	}
	*end = ISSUER_END_GONE;
	return received == -1 && errno == EAGAIN;
}

/* One that cannot be sent is out of date by the next. */
static void
send_state(struct issuer *issuer)
{
	struct mm_buf state;

	mm_buf_init(&state, STATE_LEN_MAX);
	issuer_state_write(issuer, &state);
	if (mm_buf_ok(&state))
		(void)send_to_parent(MM_MESSAGE_ISSUER_STATUS, state.data, state.len);
	mm_buf_clear(&state);
}

enum { WAIT_CONTROL, WAIT_VERIFIER, WAIT_LEDGER, WAIT_WAKE, WAIT_COUNT };

/*
 * Wait for any of them; what is in the outboxes goes first. Peers' answers are taken before the control socket's;
 * whether something lies in that is returned.
 */
static bool
carry(struct issuer *issuer, int timeout_ms, bool with_control)
{
	struct issuer_waiting *waiting = &issuer->waiting;
	bool verifier_full = issuer_waiting_flush(waiting, MM_PROCESS_VERIFIER);
	bool ledger_full = issuer_waiting_flush(waiting, MM_PROCESS_LEDGER);
	struct pollfd waited[WAIT_COUNT] = {
		[WAIT_CONTROL] = { with_control ? MM_CONTROL_FD : -1, POLLIN, 0 },
		[WAIT_VERIFIER] = { waiting->verifier.fd, (short)(POLLIN | (verifier_full ? POLLOUT : 0)), 0 },
		[WAIT_LEDGER] = { waiting->ledger.fd, (short)(POLLIN | (ledger_full ? POLLOUT : 0)), 0 },
		[WAIT_WAKE] = { waiting->wake_fd, POLLIN, 0 },
	};
	eventfd_t woken;

	if (poll(waited, WAIT_COUNT, timeout_ms) <= 0)
		return false;
	if (waited[WAIT_WAKE].revents != 0)
		(void)eventfd_read(waiting->wake_fd, &woken);
	if ((waited[WAIT_VERIFIER].revents & ~POLLOUT) != 0)
		issuer_waiting_receive(waiting, MM_PROCESS_VERIFIER);
	if ((waited[WAIT_LEDGER].revents & ~POLLOUT) != 0)
		issuer_waiting_receive(waiting, MM_PROCESS_LEDGER);
	if (issuer_waiting_take_broken(waiting, MM_PROCESS_VERIFIER)) {
		tell_alarm(issuer, "the verifier is believed no more", "it sent what is no answer");
		want_peer(MM_PROCESS_VERIFIER);
	}
	if (issuer_waiting_take_broken(waiting, MM_PROCESS_LEDGER)) {
		tell_alarm(issuer, "the ledger is believed no more", "it sent what is no answer");
		want_peer(MM_PROCESS_LEDGER);
	}
	return waited[WAIT_CONTROL].revents != 0;
}

enum issuer_end
issuer_control_serve(struct issuer *issuer)
{
	int64_t next_tick_ms = issuer_now_ms() + TICK_MS, next_expiry_ms = issuer_now_ms() + EXPIRE_MS, now_ms;
	enum issuer_end end = ISSUER_END_GONE;
	bool told;

	do {
		told = carry(issuer, EXPIRE_MS, true);
		now_ms = issuer_now_ms();
		if (now_ms >= next_expiry_ms) {
			issuer_waiting_expire(&issuer->waiting, now_ms);
			next_expiry_ms = now_ms + EXPIRE_MS;
		}
		if (now_ms >= next_tick_ms) {
			send_state(issuer);
			next_tick_ms = now_ms + TICK_MS;
		}
	} while (!told || take_messages(issuer, &end));
	return end;
}

/*
 * Requests that still come in are asked and answered like any other: one whose answer nobody takes has spent a code or
 * a refresh token for nothing.
 */
void
issuer_control_drain(struct issuer *issuer)
{
	int64_t since_ms = issuer_now_ms(), waited_ms;

	do {
		(void)carry(issuer, 20, false);
		waited_ms = issuer_now_ms() - since_ms;
	} while (waited_ms < MM_HTTP_LAST_CALL_MS ||
	    (atomic_load(&issuer->in_flight) > 0 && waited_ms < MM_HTTP_DRAIN_MAX_MS));
}
