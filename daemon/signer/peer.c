/* SPDX-License-Identifier: Apache-2.0 */
/* The ledger: its requests and their answers. */
#include "daemon/signer/peer.h"

#include "daemon/signer/control.h"
#include "lib/crypto/digest.h"

#include <errno.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Only the loop takes messages, and one has 64 KiB. When they are taken they have their turn. */
static struct mm_batch batch;

/* ---- jobs and orders ---- */

static void
give_back(struct signer *signer, struct signer_work *work)
{
	if (work->queue == SIGNER_QUEUE_SIGN) {
		signer_list_add(&signer->free_jobs, work);
		return;
	}
	signer_list_add(&signer->free_orders, work);
}

size_t
signer_peer_room(const struct signer *signer)
{
	_Static_assert(SIGNER_JOBS_MAX >= MM_SIGN_TOGETHER_MAX, "room for one message");
	size_t of_jobs = signer->free_jobs.count / MM_SIGN_TOGETHER_MAX, orders = signer->free_orders.count;

	return of_jobs < orders ? of_jobs : orders;
}

/* ---- requests to sign ---- */

static struct signer_moment
moment_of_now(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return (struct signer_moment){ .now_s = now.tv_sec, .now_ms = signer_clock_ms() };
}

/* What is wrong with a request, and its status; NULL: it may be signed. */
static const char *
refusal(struct signer *signer, struct signer_job *job, const struct signer_moment *moment)
{
	struct mm_slice header;
	const char *fault;

	job->status = MM_SIGN_REFUSED;
	if (job->head.serial <= signer->peer.serial)
		return "its serial number was used already";
	signer->peer.serial = job->head.serial;
	job->key = signer_keys_find(&signer->keys, job->head.thumbprint);
	if (job->key == NULL) {
		job->status = MM_SIGN_NO_KEY;
		return "its key is not open";
	}
	header = signer_key_header(job->key, job->head.token_class);
	fault = signer_realm_check(&signer->realm, job->head.token_class, header,
	    mm_slice(job->input, job->head.len), moment, &signer->room);
	if (fault == NULL && signer->state.away) {
		job->status = MM_SIGN_AWAY;
		return signer->state.text;
	}
	if (fault == NULL && moment->now_ms >= job->head.deadline_ms) {
		job->status = MM_SIGN_LATE;
		return "its deadline is over";
	}
	return fault;
}

/* Read the next request of a message, and move *left behind it; false: what is left is none. */
static bool
read_request(struct mm_slice *left, struct signer_job *job)
{
	static const uint8_t zero[sizeof(job->head.zero)];
	size_t len;

	if (left->len < sizeof(job->head))
		return false;
	memcpy(&job->head, left->ptr, sizeof(job->head));
	len = job->head.len;
	if (len > sizeof(job->input) || len > left->len - sizeof(job->head) ||
	    memcmp(job->head.zero, zero, sizeof(zero)) != 0)
		return false;
	memcpy(job->input, left->ptr + sizeof(job->head), len);
	*left = mm_slice(left->ptr + sizeof(job->head) + len, left->len - sizeof(job->head) - len);
	return true;
}

static bool
take_request(struct signer *signer, struct mm_slice *left, const struct signer_moment *moment,
    struct signer_list *checked)
{
	struct signer_job *job = (struct signer_job *)(void *)signer_list_take(&signer->free_jobs);
	const char *fault;

	job->generation = signer->peer.generation;
	job->key = NULL;
	job->signature_len = 0;
	if (!read_request(left, job)) {
		give_back(signer, &job->work);
		return false;
	}
	fault = refusal(signer, job, moment);
	if (fault == NULL) {
		signer_key_hold(job->key);
		signer_list_add(checked, &job->work);
		return true;
	}
	job->key = NULL;
	if (job->status == MM_SIGN_REFUSED)
		signer_control_complain(&signer->complaints, fault);
	signer_peer_answer(signer, &job->work);
	return true;
}

/* One request or more; there is room for as many as a message may have. */
static bool
take_sign(struct signer *signer, const struct mm_message *message, struct signer_list *checked)
{
	const struct signer_moment moment = moment_of_now();
	struct mm_slice left = mm_slice(message->payload, message->len);

	for (unsigned i = 0; i < MM_SIGN_TOGETHER_MAX; i++) {
		if (!take_request(signer, &left, &moment, checked))
			return false;
		if (left.len == 0)
			return true;
	}
	return false;
}

/* ---- orders ---- */

static bool
is_padded_name(const char *field, size_t len, const struct mm_algorithm *algorithm)
{
	char wanted[sizeof(((struct mm_key_order *)NULL)->algorithm)] = { 0 };

	memcpy(wanted, algorithm->name, algorithm->name_len < sizeof(wanted) ? algorithm->name_len : sizeof(wanted));
	return len == sizeof(wanted) && memcmp(field, wanted, len) == 0;
}

/* Answer at once what needs no work of the store; true where it was answered. */
static bool
answer_at_once(struct signer *signer, struct signer_order *order)
{
	const struct mm_key_order *head = &order->head;

	if (order->kind == SIGNER_ORDER_MAKE &&
	    !is_padded_name(head->algorithm, sizeof(head->algorithm), signer->realm.algorithm)) {
		order->status = MM_SIGN_REFUSED;
		signer_control_complain(&signer->complaints,
		    "a key is to be made for another algorithm than the realm's");
	} else if (order->kind == SIGNER_ORDER_OPEN && signer_keys_find(&signer->keys, head->thumbprint) != NULL) {
		order->status = MM_SIGN_DONE;
	} else {
		return false;
	}
	signer_peer_answer(signer, &order->work);
	return true;
}

static bool
take_order(struct signer *signer, const struct mm_message *message, enum signer_order_kind kind)
{
	struct signer_order *order;
	struct signer_list list = SIGNER_LIST_EMPTY;

	if (message->len != sizeof(order->head))
		return false;
	order = (struct signer_order *)(void *)signer_list_take(&signer->free_orders);
	memset((char *)order + sizeof(order->work), 0, sizeof(*order) - sizeof(order->work));
	order->generation = signer->peer.generation;
	order->kind = kind;
	memcpy(&order->head, message->payload, sizeof(order->head));
	if (answer_at_once(signer, order))
		return true;
	/* From now on nothing is signed with it, whatever the store makes of it. */
	if (kind == SIGNER_ORDER_FORGET)
		signer_keys_take_out(&signer->keys, order->head.thumbprint);
	if (kind == SIGNER_ORDER_MAKE && signer->makes++ == 0)
		signer->made_ms = signer_clock_ms();
	signer_list_add(&list, &order->work);
	signer_pool_submit(&signer->pool, SIGNER_QUEUE_ORDER, &list);
	return true;
}

/* ---- taking ---- */

static bool
take_message(struct signer *signer, const struct mm_message *message, struct signer_list *checked)
{
	switch (message->type) {
	case MM_MESSAGE_SIGN:
		return take_sign(signer, message, checked);
	case MM_MESSAGE_KEY_MAKE:
		return take_order(signer, message, SIGNER_ORDER_MAKE);
	case MM_MESSAGE_KEY_OPEN:
		return take_order(signer, message, SIGNER_ORDER_OPEN);
	case MM_MESSAGE_KEY_FORGET:
		return take_order(signer, message, SIGNER_ORDER_FORGET);
	case MM_MESSAGE_KEY_NEXT:
		return take_order(signer, message, SIGNER_ORDER_NEXT);
	default:
		return false;
	}
}

/* Take the batch's messages, up to one that is no request. */
static bool
take_batch(struct signer *signer, struct signer_list *checked)
{
	for (size_t i = 0; i < batch.count; i++)
		if (!take_message(signer, &batch.messages[i], checked))
			return false;
	return true;
}

void
signer_peer_take(struct signer *signer)
{
	size_t room = signer_peer_room(signer);
	struct signer_list checked = SIGNER_LIST_EMPTY;
	bool goes_on, broken;
	int behind;

	if (room == 0)
		return;
	behind = mm_message_receive_batch(signer->peer.fd, MM_PROCESS_SIGNER, MM_PROCESS_LEDGER, &batch,
	    room < MM_BATCH_MAX ? room : MM_BATCH_MAX);
	goes_on = behind == 1 || (behind == -1 && errno == EAGAIN);
	broken = !take_batch(signer, &checked) || (!goes_on && behind != 0);
	if (broken) {
		signer_control_complain(&signer->complaints, "it sent what is no request; its connection ends");
		signer_control_want_peer();
	}
	signer_pool_submit(&signer->pool, SIGNER_QUEUE_SIGN, &checked);
	if (!goes_on || broken)
		signer_peer_end(signer);
}

void
signer_peer_end(struct signer *signer)
{
	struct signer_work *work;

	if (signer->peer.fd == -1)
		return;
	close(signer->peer.fd);
	signer->peer.fd = -1;
	signer->peer.generation++;
	while ((work = signer_list_take(&signer->peer.answers)) != NULL)
		signer_peer_answer(signer, work);
}

void
signer_peer_replace(struct signer *signer, int fd)
{
	signer_peer_end(signer);
	signer->peer.fd = fd;
	signer->peer.generation++;
	signer->peer.serial = 0;
	signer->peer.tell_state = true;
}

/* ---- answering ---- */

static uint64_t
generation_of(const struct signer_work *work)
{
	return work->queue == SIGNER_QUEUE_SIGN ? ((const struct signer_job *)(const void *)work)->generation :
	                                          ((const struct signer_order *)(const void *)work)->generation;
}

void
signer_peer_answer(struct signer *signer, struct signer_work *work)
{
	if (signer->peer.fd != -1 && generation_of(work) == signer->peer.generation) {
		signer_list_add(&signer->peer.answers, work);
		return;
	}
	if (work->queue == SIGNER_QUEUE_SIGN) /* it leaves with nobody, so it must not be found anywhere */
		mm_secret_wipe(((struct signer_job *)work)->signature, KEYSTORE_SIGNATURE_MAX);
	give_back(signer, work);
}

static bool
send_to_ledger(struct signer *signer, enum mm_message_type type, const void *payload, size_t len)
{
	return mm_message_send(signer->peer.fd, MM_PROCESS_SIGNER, MM_PROCESS_LEDGER, type, payload, len, -1) == 0;
}

/* Write the answer of a request; count: signatures with it. Returns its length. */
static size_t
write_signed(const struct signer_job *job, uint64_t count, unsigned char *answer)
{
	bool done = job->status == MM_SIGN_DONE;
	struct mm_signed head = {
		.serial = job->head.serial,
		.count = count,
		.status = job->status,
		.len = done ? (uint32_t)job->signature_len : 0,
	};

	_Static_assert(MM_MINT_SIGNATURE_MAX == KEYSTORE_SIGNATURE_MAX, "one length of signatures");
	memcpy(answer, &head, sizeof(head));
	memcpy(answer + sizeof(head), job->signature, head.len);
	return sizeof(head) + head.len;
}

/* It left, so it counts. Threads overtake each other: of what is above the highest serial, nothing was signed. */
static void
signed_left(struct signer *signer, struct signer_job *job)
{
	bool done = job->status == MM_SIGN_DONE;

	signer->count += done;
	if (done && job->head.serial > signer->last_serial)
		signer->last_serial = job->head.serial;
	give_back(signer, &job->work);
}

/*
 * Send the answers to requests that stand first, in one message; false with errno where it was not taken. The count is
 * of what left: more only where the socket took it.
 */
static bool
send_signed(struct signer *signer)
{
	struct signer_list *answers = &signer->peer.answers;
	const struct signer_work *work = answers->first;
	unsigned char payload[MM_SIGNED_MESSAGE_MAX];
	uint64_t signatures = signer->count;
	size_t len = 0;
	unsigned count = 0;

	do {
		const struct signer_job *job = (const struct signer_job *)(const void *)work;

		signatures += job->status == MM_SIGN_DONE;
		len += write_signed(job, signatures, payload + len);
		work = work->next;
	} while (++count < MM_SIGN_TOGETHER_MAX && work != NULL && work->queue == SIGNER_QUEUE_SIGN);
	if (!send_to_ledger(signer, MM_MESSAGE_SIGNED, payload, len)) {
		int failure = errno;

		mm_secret_wipe(payload, len); /* it may be dropped yet, and must not be found anywhere then */
		errno = failure;
		return false;
	}
	for (; count > 0; count--)
		signed_left(signer, (struct signer_job *)(void *)signer_list_take(answers));
	return true;
}

static bool
send_key_done(struct signer *signer)
{
	const struct signer_order *order = (const struct signer_order *)(const void *)signer->peer.answers.first;
	unsigned char payload[sizeof(struct mm_key_done) + KEYSTORE_JWK_MAX];
	bool made = order->kind == SIGNER_ORDER_MAKE && order->status == MM_SIGN_DONE;
	bool named = made || order->found;
	struct mm_key_done head = {
		.number = order->head.number,
		.status = order->status,
		.jwk_len = made ? (uint32_t)order->made.jwk_len : 0,
	};

	memcpy(head.thumbprint, named ? order->made.thumbprint : order->head.thumbprint, sizeof(head.thumbprint));
	memcpy(payload, &head, sizeof(head));
	memcpy(payload + sizeof(head), order->made.jwk, head.jwk_len);
	if (!send_to_ledger(signer, MM_MESSAGE_KEY_DONE, payload, sizeof(head) + head.jwk_len))
		return false;
	give_back(signer, signer_list_take(&signer->peer.answers));
	return true;
}

static bool
send_state(struct signer *signer)
{
	struct mm_signer_state state = {
		.count = signer->count,
		.last_serial = signer->last_serial,
		.store_away = signer->state.away,
	};

	return mm_mint_text_set(&state.text, mm_slice_str(signer->state.text)) &&
	    send_to_ledger(signer, MM_MESSAGE_SIGNER_STATE, &state, sizeof(state));
}

/* Send as far as the socket takes it; false with errno. */
static bool
send_all(struct signer *signer)
{
	const struct signer_list *answers = &signer->peer.answers;
	bool sent = true;

	if (signer->peer.tell_state && !send_state(signer))
		return false;
	signer->peer.tell_state = false;
	while (sent && answers->first != NULL)
		sent = answers->first->queue == SIGNER_QUEUE_SIGN ? send_signed(signer) : send_key_done(signer);
	return sent;
}

bool
signer_peer_send(struct signer *signer)
{
	if (signer->peer.fd == -1 || !signer->state.known || send_all(signer))
		return false;
	if (errno == EAGAIN)
		return true;
	signer_peer_end(signer);
	return false;
}
