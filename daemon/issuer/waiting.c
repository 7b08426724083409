/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Questions and their answers.
 */
#include "daemon/issuer/waiting.h"

#include "lib/crypto/digest.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

/* A number's lower bits are its place, so that an answer finds it; the upper ones never come again. */
#define SLOT_BITS 13
_Static_assert(ISSUER_WAITING_MAX == 1 << SLOT_BITS, "a place is SLOT_BITS long");

/* Answers that are taken before others have their turn, in batches. */
#define RECEIVE_MAX 16

/* Of a ledger's number the lowest bit says which token. */
_Static_assert(ISSUER_TOKENS == 2, "one bit tells them apart");

struct issuer_packet {
	struct issuer_packet *next;
	uint64_t number; /* of its question */
	enum mm_message_type type;
	size_t len;
	unsigned char bytes[];
};

int64_t
issuer_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

const char *
issuer_mint_status_text(enum mm_mint_status status)
{
	static const char *const texts[MM_MINT_STATUS_COUNT] = {
		[MM_MINT_NO_TICKET] = "the ledger has no such ticket any more",
		[MM_MINT_REFUSED] = "the realm may not make such a token",
		[MM_MINT_BUSY] = "the ledger has too much to do",
		[MM_MINT_NO_KEY] = "no key can sign now: the signer or its key store is away",
		[MM_MINT_NO_RECORD] = "the ledger cannot record tokens now",
		[MM_MINT_LATE] = "the token was not signed in time",
	};

	return status < MM_MINT_STATUS_COUNT ? texts[status] : NULL;
}

/* ---- questions ---- */

struct issuer_question *
issuer_question_new(struct MHD_Connection *connection)
{
	struct issuer_question *question = calloc(1, sizeof(*question));

	if (question != NULL)
		question->connection = connection;
	return question;
}

static void
forget_answer(struct issuer_question *question)
{
	mm_secret_wipe(&question->verified, sizeof(question->verified));
	for (size_t i = 0; i < ISSUER_TOKENS; i++) {
		if (question->tokens[i] != NULL)
			mm_secret_wipe(question->tokens[i], strlen(question->tokens[i]));
		free(question->tokens[i]);
		question->tokens[i] = NULL;
	}
}

void
issuer_question_free(struct issuer_question **question)
{
	if (*question == NULL)
		return;
	forget_answer(*question);
	free(*question);
	*question = NULL;
}

static void
set_unavailable(struct issuer_question *question, enum mm_sign_in_status status, const char *why)
{
	uint64_t number = question->number;

	forget_answer(question);
	question->verified.number = number;
	question->verified.status = (uint16_t)status;
	if (!mm_mint_text_set(&question->verified.description, mm_slice_str(why)))
		question->verified.description.len = 0;
}

/* ---- the lock ---- */

static void
enter(struct issuer_waiting *waiting)
{
	pthread_mutex_lock(&waiting->lock);
}

/* To resume a request takes a system call: nobody waits for the lock meanwhile. */
static void
give_back(struct issuer_waiting *waiting)
{
	struct issuer_question *question = waiting->answered, *next;

	waiting->answered = NULL;
	pthread_mutex_unlock(&waiting->lock);
	for (; question != NULL; question = next) {
		next = question->next;
		waiting->resume(question);
	}
}

/* ---- the table; all of these with the lock held ---- */

static struct issuer_question *
find(struct issuer_waiting *waiting, uint64_t number, enum mm_process at)
{
	struct issuer_question *question = waiting->questions[number % ISSUER_WAITING_MAX];

	return question != NULL && question->number == number && question->at == at ? question : NULL;
}

/* Its answer is there: back to its request. */
static void
leave(struct issuer_waiting *waiting, struct issuer_question *question)
{
	uint16_t slot = (uint16_t)(question->number % ISSUER_WAITING_MAX);

	waiting->questions[slot] = NULL;
	waiting->free_slots[waiting->free_count++] = slot;
	question->number = 0;
	question->next = waiting->answered;
	waiting->answered = question;
}

static void
leave_unanswered(struct issuer_waiting *waiting, struct issuer_question *question, const char *why)
{
	set_unavailable(question, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, why);
	leave(waiting, question);
}

static struct issuer_peer *
peer_of(struct issuer_waiting *waiting, enum mm_process process)
{
	return process == MM_PROCESS_VERIFIER ? &waiting->verifier : &waiting->ledger;
}

static const char *
away_text(enum mm_process process)
{
	return process == MM_PROCESS_VERIFIER ? "the verifier is away" : "the ledger is away";
}

/* What it has been sent is not known to have been done, and is not done twice. */
static void
lose_peer(struct issuer_waiting *waiting, enum mm_process process)
{
	struct issuer_peer *peer = peer_of(waiting, process);

	if (peer->fd >= 0)
		close(peer->fd);
	peer->fd = -1;
	for (size_t i = 0; i < ISSUER_WAITING_MAX; i++) {
		struct issuer_question *question = waiting->questions[i];

		if (question != NULL && question->at == process && question->sent)
			leave_unanswered(waiting, question, away_text(process));
	}
}

/* ---- sending ---- */

static void
free_packet(struct issuer_packet *packet)
{
	mm_secret_wipe(packet->bytes, packet->len);
	free(packet);
}

static void
drop_first(struct issuer_peer *peer)
{
	struct issuer_packet *packet = peer->first;

	peer->first = packet->next;
	if (peer->first == NULL)
		peer->last = &peer->first;
	peer->bytes -= packet->len;
	free_packet(packet);
}

static bool
keep_packet(struct issuer_peer *peer, uint64_t number, enum mm_message_type type, struct mm_slice bytes)
{
	struct issuer_packet *packet;

	if (bytes.len > ISSUER_OUTBOX_BYTES_MAX - peer->bytes)
		return false;
	packet = malloc(sizeof(*packet) + bytes.len);
	if (packet == NULL)
		return false;
	*packet = (struct issuer_packet){ .number = number, .type = type, .len = bytes.len };
	memcpy(packet->bytes, bytes.ptr, bytes.len);
	*peer->last = packet;
	peer->last = &packet->next;
	peer->bytes += bytes.len;
	return true;
}

/*
 * In order: behind what waits already. A peer that is gone is lost by the first thread, which sees it at its socket;
 * until then its messages wait for the next one.
 */
static bool
send_or_keep(struct issuer_waiting *waiting, struct issuer_question *question, enum mm_message_type type,
    struct mm_slice bytes)
{
	struct issuer_peer *peer = peer_of(waiting, question->at);

	question->sent = peer->first == NULL && peer->fd >= 0 &&
	    mm_message_send(peer->fd, MM_PROCESS_ISSUER, question->at, type, bytes.ptr, bytes.len, -1) == 0;
	if (question->sent)
		return true;
	(void)eventfd_write(waiting->wake_fd, 1);
	return keep_packet(peer, question->number, type, bytes);
}

/* The first packets, as many as go together. What nobody waits for any more is dropped, but from between others. */
static size_t
gather(struct issuer_waiting *waiting, struct issuer_peer *peer, enum mm_process process,
    struct mm_outgoing outgoing[MM_BATCH_MAX])
{
	const struct issuer_packet *packet;
	size_t count = 0;

	while (peer->first != NULL && find(waiting, peer->first->number, process) == NULL)
		drop_first(peer);
	for (packet = peer->first; packet != NULL && count < MM_BATCH_MAX; packet = packet->next) {
		if (find(waiting, packet->number, process) == NULL)
			break;
		outgoing[count++] = (struct mm_outgoing){ packet->type, mm_slice(packet->bytes, packet->len) };
	}
	return count;
}

static void
first_was_sent(struct issuer_waiting *waiting, struct issuer_peer *peer, enum mm_process process)
{
	struct issuer_question *question = find(waiting, peer->first->number, process);

	if (question != NULL)
		question->sent = true;
	drop_first(peer);
}

/* Send what is in the outbox, as far as the peer takes it; with the lock held. */
static void
flush(struct issuer_waiting *waiting, enum mm_process process)
{
	struct issuer_peer *peer = peer_of(waiting, process);
	struct mm_outgoing outgoing[MM_BATCH_MAX];
	size_t count;

	while ((count = gather(waiting, peer, process, outgoing)) > 0 && peer->fd >= 0) {
		int sent = mm_message_send_batch(peer->fd, MM_PROCESS_ISSUER, process, outgoing, count);

		if (sent == -1 && errno != EAGAIN && errno != ENOBUFS)
			lose_peer(waiting, process);
		if (sent == -1)
			return;
		for (int i = 0; i < sent; i++)
			first_was_sent(waiting, peer, process);
	}
}

bool
issuer_waiting_flush(struct issuer_waiting *waiting, enum mm_process process)
{
	const struct issuer_peer *peer = peer_of(waiting, process);
	bool left;

	enter(waiting);
	flush(waiting, process);
	left = peer->first != NULL && peer->fd >= 0;
	give_back(waiting);
	return left;
}

bool
issuer_waiting_enter(struct issuer_waiting *waiting, struct issuer_question *question)
{
	bool entered;

	enter(waiting);
	entered = waiting->free_count > 0 && !waiting->closed;
	if (entered) {
		uint16_t slot = waiting->free_slots[--waiting->free_count];

		forget_answer(question);
		question->number = ++waiting->sequence << SLOT_BITS | slot;
		question->deadline_ms = issuer_now_ms() + ISSUER_WAIT_MS;
		question->at = MM_PROCESS_VERIFIER;
		question->sent = false;
		question->tokens_missing = 0;
		waiting->questions[slot] = question;
	}
	give_back(waiting);
	return entered;
}

void
issuer_waiting_send(struct issuer_waiting *waiting, struct issuer_question *question, struct mm_verify *verify)
{
	struct mm_verify_room room;
	uint64_t number;
	bool written;

	enter(waiting);
	number = question->number;
	verify->head.number = number;
	written = number != 0 && mm_verify_write(verify, &room);
	/* Its time may be over already: then it is its request's again, and must not be touched. */
	if (number != 0 && !written)
		leave_unanswered(waiting, question, "the request cannot be passed on");
	else if (number != 0 &&
	    !send_or_keep(waiting, question, MM_MESSAGE_VERIFY, mm_slice(room.bytes, room.len)))
		leave_unanswered(waiting, question, "there is too much to do");
	give_back(waiting);
	if (written)
		mm_secret_wipe(room.bytes, room.len);
}

/* ---- answers ---- */

/* Tickets of answers that came together go together. */
static void
spend(struct issuer_waiting *waiting, struct issuer_question *question, enum issuer_token token,
    const uint8_t ticket[MM_TICKET_LEN])
{
	struct mm_ticket_spend payload = { .number = question->number << 1 | token };

	memcpy(payload.ticket, ticket, MM_TICKET_LEN);
	question->tokens_missing |= 1U << token;
	question->sent = false;
	if (!keep_packet(&waiting->ledger, question->number, MM_MESSAGE_TICKET_SPEND,
	        mm_slice(&payload, sizeof(payload))))
		set_unavailable(question, MM_SIGN_IN_TEMPORARILY_UNAVAILABLE, "there is too much to do");
}

static void
spend_tickets(struct issuer_waiting *waiting, struct issuer_question *question)
{
	const struct mm_verified *verified = &question->verified;

	question->at = MM_PROCESS_LEDGER;
	if (verified->has_access)
		spend(waiting, question, ISSUER_TOKEN_ACCESS, verified->ticket_access);
	if (verified->has_identity && verified->status == MM_SIGN_IN_OK)
		spend(waiting, question, ISSUER_TOKEN_IDENTITY, verified->ticket_identity);
	if (verified->status != MM_SIGN_IN_OK)
		leave(waiting, question);
}

/* False: the verifier is broken. An answer that nobody waits for any more is none's. */
/* Refused, late or busy is the request's trouble; that no key signs or nothing can be recorded is the mint's. */
static void
note_trouble(struct issuer_waiting *waiting, enum mm_mint_status status)
{
	if (status == MM_MINT_DONE)
		waiting->trouble = MM_MINT_DONE;
	if (status != MM_MINT_NO_KEY && status != MM_MINT_NO_RECORD)
		return;
	waiting->trouble = status;
	waiting->trouble_ms = issuer_now_ms();
}

static bool
take_verified(struct issuer_waiting *waiting, const struct mm_message *message)
{
	struct mm_verified verified;
	struct issuer_question *question;

	if (!mm_verified_read(mm_slice(message->payload, message->len), &verified))
		return false;
	if (verified.cannot_record)
		note_trouble(waiting, MM_MINT_NO_RECORD);
	question = find(waiting, verified.number, MM_PROCESS_VERIFIER);
	if (question != NULL) {
		question->verified = verified;
		if (verified.status == MM_SIGN_IN_OK && (verified.has_access || verified.has_identity))
			spend_tickets(waiting, question);
		else
			leave(waiting, question);
	}
	mm_secret_wipe(&verified, sizeof(verified));
	return true;
}

static void
keep_token(struct issuer_waiting *waiting, struct issuer_question *question, enum issuer_token token,
    struct mm_slice text)
{
	char *copy = malloc(text.len + 1);

	if (copy == NULL) {
		set_unavailable(question, MM_SIGN_IN_SERVER_ERROR, "memory is short");
		return;
	}
	memcpy(copy, text.ptr, text.len);
	copy[text.len] = '\0';
	question->tokens[token] = copy;
	question->tokens_missing &= ~(1U << token);
	waiting->tokens_made++;
}

static void
take_failure(struct issuer_waiting *waiting, struct issuer_question *question, enum mm_mint_status status)
{
	waiting->tokens_not_made++;
	set_unavailable(question, status == MM_MINT_REFUSED ? MM_SIGN_IN_SERVER_ERROR :
	                                                      MM_SIGN_IN_TEMPORARILY_UNAVAILABLE,
	    issuer_mint_status_text(status));
}

/* A token without NUL or anything that a header or a JSON text would have to escape: base64url and two dots. */
static bool
token_is_good(struct mm_slice token)
{
	static const char good[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.";

	return token.len > 0 && strspn(token.ptr, good) >= token.len;
}

static bool
take_token(struct issuer_waiting *waiting, struct mm_message *message)
{
	struct mm_token_made made;
	struct issuer_question *question;
	struct mm_slice token;

	if (message->len < sizeof(made))
		return false;
	memcpy(&made, message->payload, sizeof(made));
	token = mm_slice(message->payload + sizeof(made), message->len - sizeof(made));
	if (made.token_len != token.len || made.status >= MM_MINT_STATUS_COUNT || token.len > MM_MINT_TOKEN_MAX)
		return false;
	message->payload[message->len] = '\0'; /* MM_MINT_TOKEN_MAX lies far below the payload's room */
	if (made.status == MM_MINT_DONE && !token_is_good(token))
		return false;
	note_trouble(waiting, (enum mm_mint_status)made.status);
	question = find(waiting, made.number >> 1, MM_PROCESS_LEDGER);
	if (question == NULL || (question->tokens_missing & 1U << (made.number & 1)) == 0)
		return true;
	if (made.status == MM_MINT_DONE)
		keep_token(waiting, question, (enum issuer_token)(made.number & 1), token);
	else
		take_failure(waiting, question, (enum mm_mint_status)made.status);
	if (question->tokens_missing == 0 || question->verified.status != MM_SIGN_IN_OK)
		leave(waiting, question);
	return true;
}

static bool
take_message(struct issuer_waiting *waiting, struct mm_message *message)
{
	if (message->type == MM_MESSAGE_VERIFIED)
		return take_verified(waiting, message);
	return message->type == MM_MESSAGE_TOKEN_MADE && take_token(waiting, message);
}

/* Take the messages of a batch, up to one that breaks the rules. Tokens, codes and cookies may lie in each. */
static bool
take_batch(struct issuer_waiting *waiting, struct mm_batch *batch)
{
	bool good = true;

	for (size_t i = 0; i < batch->count; i++) {
		good = good && take_message(waiting, &batch->messages[i]);
		mm_secret_wipe(batch->messages[i].payload, batch->messages[i].len);
	}
	return good;
}

void
issuer_waiting_receive(struct issuer_waiting *waiting, enum mm_process process)
{
	static struct mm_batch batch; /* the first thread's alone */
	struct issuer_peer *peer = peer_of(waiting, process);
	int behind = 1;

	for (size_t i = 0; i < RECEIVE_MAX && behind == 1 && peer->fd >= 0; i++) {
		bool broken, nothing_yet;

		behind = mm_message_receive_batch(peer->fd, MM_PROCESS_ISSUER, process, &batch, MM_BATCH_MAX);
		nothing_yet = behind == -1 && errno == EAGAIN;
		broken = behind == -1 && errno == EPROTO;
		enter(waiting);
		if (!take_batch(waiting, &batch))
			broken = true;
		peer->broken = peer->broken || broken;
		if (broken || (behind != 1 && !nothing_yet))
			lose_peer(waiting, process);
		if (process == MM_PROCESS_VERIFIER)
			flush(waiting, MM_PROCESS_LEDGER);
		give_back(waiting);
	}
}

/* ---- peers ---- */

bool
issuer_waiting_take_broken(struct issuer_waiting *waiting, enum mm_process process)
{
	struct issuer_peer *peer = peer_of(waiting, process);
	bool broken = peer->broken;

	peer->broken = false;
	return broken;
}

bool
issuer_waiting_set_peer(struct issuer_waiting *waiting, enum mm_process process, int fd)
{
	if (process != MM_PROCESS_VERIFIER && process != MM_PROCESS_LEDGER)
		return false;
	enter(waiting);
	lose_peer(waiting, process);
	peer_of(waiting, process)->fd = fd;
	give_back(waiting);
	return true;
}

void
issuer_waiting_expire(struct issuer_waiting *waiting, int64_t now_ms)
{
	enter(waiting);
	for (size_t i = 0; i < ISSUER_WAITING_MAX; i++) {
		struct issuer_question *question = waiting->questions[i];

		if (question == NULL || question->deadline_ms > now_ms)
			continue;
		waiting->timed_out++;
		leave_unanswered(waiting, question,
		    peer_of(waiting, question->at)->fd < 0 ? away_text(question->at) : "it took too long");
	}
	give_back(waiting);
}

void
issuer_waiting_fail_all(struct issuer_waiting *waiting)
{
	issuer_waiting_expire(waiting, INT64_MAX);
}

void
issuer_waiting_close(struct issuer_waiting *waiting)
{
	enter(waiting);
	waiting->closed = true;
	give_back(waiting);
	issuer_waiting_fail_all(waiting);
}

void
issuer_waiting_get_counts(struct issuer_waiting *waiting, struct issuer_waiting_counts *counts)
{
	enter(waiting);
	*counts = (struct issuer_waiting_counts){
		.questions = ISSUER_WAITING_MAX - waiting->free_count,
		.verifier_there = waiting->verifier.fd >= 0,
		.ledger_there = waiting->ledger.fd >= 0,
		.trouble = issuer_now_ms() - waiting->trouble_ms < ISSUER_TROUBLE_MS ? waiting->trouble : MM_MINT_DONE,
		.tokens_made = waiting->tokens_made,
		.tokens_not_made = waiting->tokens_not_made,
		.timed_out = waiting->timed_out,
	};
	give_back(waiting);
}

static void
init_peer(struct issuer_peer *peer)
{
	*peer = (struct issuer_peer){ .fd = -1 };
	peer->last = &peer->first;
}

static void
clear_peer(struct issuer_peer *peer)
{
	while (peer->first != NULL)
		drop_first(peer);
	if (peer->fd >= 0)
		close(peer->fd);
	peer->fd = -1;
}

bool
issuer_waiting_begin(struct issuer_waiting *waiting, void (*resume)(struct issuer_question *question))
{
	memset(waiting, 0, sizeof(*waiting));
	init_peer(&waiting->verifier);
	init_peer(&waiting->ledger);
	waiting->resume = resume;
	for (size_t i = 0; i < ISSUER_WAITING_MAX; i++)
		waiting->free_slots[waiting->free_count++] = (uint16_t)(ISSUER_WAITING_MAX - 1 - i);
	waiting->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (waiting->wake_fd >= 0 && pthread_mutex_init(&waiting->lock, NULL) == 0)
		return true;
	fprintf(stderr, "mintmark-issuer: no room for requests that wait\n");
	return false;
}

void
issuer_waiting_end(struct issuer_waiting *waiting)
{
	if (waiting->resume == NULL)
		return;
	clear_peer(&waiting->verifier);
	clear_peer(&waiting->ledger);
	if (waiting->wake_fd >= 0)
		close(waiting->wake_fd);
	pthread_mutex_destroy(&waiting->lock);
	waiting->resume = NULL;
}
