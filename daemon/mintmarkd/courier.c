/* SPDX-License-Identifier: Apache-2.0 */
/* Keeping the courier. */
#include "daemon/mintmarkd/courier.h"

#include "daemon/mintmarkd/clock.h"
#include "daemon/mintmarkd/log.h"
#include "daemon/mintmarkd/mintmarkd.h"
#include "daemon/mintmarkd/tls.h"
#include "lib/base/limits.h"
#include "lib/base/reader.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The largest payload of COURIER_SOURCE; its own row bounds it when it is sent. */
#define ORDER_MAX MM_MESSAGE_LEN_MAX

/* A configuration holds all addresses, so that all orders are never longer than twice its largest. */
#define ORDERS_MAX ((size_t)4 * MM_CONFIG_LEN_MAX)

/* ---- what it is told ---- */

static const struct mm_config_realm *
find_realm(const struct mm_config *config, struct mm_slice name)
{
	for (size_t i = 0; i < config->realm_count; i++)
		if (mm_slice_equal(mm_slice_str(config->realms[i].name), name))
			return &config->realms[i];
	return NULL;
}

static void
add_text(struct mm_buf *buf, const char *text)
{
	mm_buf_add(buf, text, strlen(text) + 1);
}

/* The realms of a source have the same address, times and hosts: the configuration is checked for it. */
static const struct mm_config_realm *
first_realm(const struct mm_config *config, const struct mm_source *source)
{
	for (size_t i = 0; i < config->realm_count; i++)
		if (strcmp(config->realms[i].keys, source->name) == 0)
			return &config->realms[i];
	return NULL;
}

static void
write_order(struct mm_buf *order, const struct mm_config *config, const struct mm_sources *sources, size_t number)
{
	const struct mm_source *source = &sources->items[number];
	const struct mm_config_realm *realm = first_realm(config, source);

	if (realm == NULL)
		return; /* a source is made of its realms */
	mm_buf_add_u32(order, (uint32_t)number);
	mm_buf_add_u8(order, (uint8_t)realm->keys_kind);
	mm_buf_add_u32(order, (uint32_t)realm->refresh_s);
	mm_buf_add_u32(order, (uint32_t)realm->absent_for_s);
	add_text(order, strchr(source->name, ':') + 1);
	for (size_t i = 0; i < config->realm_count; i++)
		if (strcmp(config->realms[i].keys, source->name) == 0)
			add_text(order, config->realms[i].issuer);
	add_text(order, "");
	for (char **host = realm->key_hosts; host != NULL && *host != NULL; host++)
		add_text(order, *host);
	add_text(order, "");
}

/* Everything that a courier of this configuration is told, to be compared. */
static void
write_orders(struct mm_buf *orders, const struct mm_config *config, const struct mm_sources *sources)
{
	mm_tls_add_identity(orders, config->ca_path);
	for (size_t i = 0; i < sources->count; i++)
		write_order(orders, config, sources, i);
}

static bool
send_source(struct mm_mintmarkd *mintmarkd, size_t number)
{
	struct mm_buf order;
	bool sent;

	mm_buf_init(&order, ORDER_MAX);
	write_order(&order, mintmarkd->reading->config, &mintmarkd->sources, number);
	sent = mm_buf_ok(&order) && mm_child_send(&mintmarkd->courier.keeper.child, MM_MESSAGE_COURIER_SOURCE,
	                                order.data, order.len, -1);
	mm_buf_clear(&order);
	return sent;
}

static bool
send_kept(struct mm_mintmarkd *mintmarkd, size_t number)
{
	const struct mm_source *source = &mintmarkd->sources.items[number];
	struct mm_buf payload;
	bool sent;

	if (source->fd < 0)
		return true;
	mm_buf_init(&payload, 12);
	mm_buf_add_u32(&payload, (uint32_t)number);
	mm_buf_add_u64(&payload, (uint64_t)source->fetched_s);
	sent = mm_buf_ok(&payload) && mm_child_send(&mintmarkd->courier.keeper.child, MM_MESSAGE_COURIER_KEPT,
	                                  payload.data, payload.len, source->fd);
	mm_buf_clear(&payload);
	return sent;
}

static bool
send_authorities(struct mm_mintmarkd *mintmarkd)
{
	const char *path = mintmarkd->reading->config->ca_path;
	bool sent;
	int fd;

	if (path == NULL)
		return true;
	fd = mm_tls_open("ca_certificates", path);
	if (fd == -1)
		return false;
	sent = mm_child_send(&mintmarkd->courier.keeper.child, MM_MESSAGE_COURIER_CA, NULL, 0, fd);
	close(fd);
	return sent;
}

static bool
hand_over(struct mm_keeper *keeper)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	if (!send_authorities(mintmarkd))
		return false;
	for (size_t i = 0; i < mintmarkd->sources.count; i++)
		if (!send_source(mintmarkd, i) || !send_kept(mintmarkd, i))
			return false;
	return mm_child_send(&mintmarkd->courier.keeper.child, MM_MESSAGE_COURIER_START, NULL, 0, -1);
}

/* ---- what it says ---- */

static bool
take_document(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	struct mm_reader reader;
	uint32_t number, key_count, dropped_count;
	int64_t fetched_s;
	int fd = message->fd;

	mm_reader_init(&reader, message->payload, message->len);
	number = mm_reader_u32(&reader);
	fetched_s = (int64_t)mm_reader_u64(&reader);
	key_count = mm_reader_u32(&reader);
	dropped_count = mm_reader_u32(&reader);
	if (!mm_reader_ok(&reader) || number >= mintmarkd->sources.count)
		return false;
	message->fd = -1;
	if (!mm_source_take_document(&mintmarkd->sources.items[number], fd, fetched_s, key_count, dropped_count))
		return false;
	mm_renewal_document_came(mintmarkd);
	return true;
}

/* Who waited for this source has its answer. */
static void
answer_questions(struct mm_mintmarkd *mintmarkd, size_t number)
{
	struct mm_courier *courier = &mintmarkd->courier;
	size_t kept = 0;

	for (size_t i = 0; i < courier->question_count; i++) {
		struct mm_fetch_question *question = &courier->questions[i];

		if (question->source != number) {
			courier->questions[kept++] = *question;
			continue;
		}
		mm_desk_answer_fetch(mintmarkd, question->number, question->realm, &mintmarkd->sources.items[number]);
		free(question->realm);
	}
	courier->question_count = kept;
}

static bool
take_status(struct mm_keeper *keeper, struct mm_message *message)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	struct mm_source_status status;
	struct mm_reader reader;
	uint32_t number;

	mm_reader_init(&reader, message->payload, message->len);
	number = mm_reader_u32(&reader);
	status.outcome = (enum mm_fetch_outcome)mm_reader_u8(&reader);
	status.failures = mm_reader_u32(&reader);
	status.tried_s = (int64_t)mm_reader_u64(&reader);
	status.next_s = (int64_t)mm_reader_u64(&reader);
	status.text_len = reader.left;
	status.text = (const char *)reader.at;
	if (!mm_reader_ok(&reader) || number >= mintmarkd->sources.count || status.outcome >= MM_FETCH_COUNT ||
	    status.tried_s < 0 || status.tried_s > MM_TIME_MAX_S || status.next_s < 0 ||
	    status.next_s > MM_TIME_MAX_S)
		return false;
	mm_source_take_status(&mintmarkd->sources.items[number], mintmarkd->state.keys_dir_fd, &status);
	answer_questions(mintmarkd, number);
	return true;
}

static mm_keeper_handler *const handlers[MM_MESSAGE_COUNT] = {
	[MM_MESSAGE_COURIER_DOCUMENT] = take_document,
	[MM_MESSAGE_COURIER_STATUS] = take_status,
};

/* ---- one that ended ---- */

void
mm_courier_forget_questions(struct mm_courier *courier)
{
	for (size_t i = 0; i < courier->question_count; i++)
		free(courier->questions[i].realm);
	courier->question_count = 0;
}

static void
forget(struct mm_keeper *keeper)
{
	struct mm_mintmarkd *mintmarkd = keeper->mintmarkd;
	struct mm_courier *courier = &mintmarkd->courier;

	for (size_t i = 0; i < courier->question_count; i++)
		mm_desk_answer_failure(mintmarkd, courier->questions[i].number,
		    "the courier ended meanwhile: ask again");
	mm_courier_forget_questions(courier);
}

static const struct mm_keeper_role role = {
	.process = MM_PROCESS_COURIER,
	.name = "the courier",
	.may_end = true,
	.stop = MM_MESSAGE_COURIER_STOP,
	.hand_over = hand_over,
	.ended = forget,
	.handlers = handlers,
};

/* ---- asking it ---- */

void
mm_courier_init(struct mm_courier *courier, struct mm_mintmarkd *mintmarkd)
{
	*courier = (struct mm_courier){ .question_count = 0 };
	mm_buf_init(&courier->orders, ORDERS_MAX);
	mm_keeper_init(&courier->keeper, &role, mintmarkd);
}

void
mm_courier_clear(struct mm_courier *courier)
{
	mm_keeper_drop(&courier->keeper);
	mm_buf_clear(&courier->orders);
}

/* Whether a courier with these orders is there already; remembers them. */
static bool
is_told_already(struct mm_courier *courier, struct mm_buf *orders)
{
	struct mm_buf old = courier->orders;
	bool same = mm_buf_ok(orders) && old.len == orders->len && old.len > 0 &&
	    memcmp(old.data, orders->data, old.len) == 0;

	courier->orders = *orders;
	mm_buf_clear(&old);
	return same && courier->keeper.state != MM_KEEPER_STOPPED;
}

void
mm_courier_update(struct mm_mintmarkd *mintmarkd)
{
	struct mm_courier *courier = &mintmarkd->courier;
	struct mm_buf orders;

	mm_buf_init(&orders, ORDERS_MAX);
	write_orders(&orders, mintmarkd->reading->config, &mintmarkd->sources);
	if (is_told_already(courier, &orders))
		return;
	/* What is kept of each document is handed to the next one: nothing is lost. */
	mm_keeper_drop(&courier->keeper);
	if (mintmarkd->sources.count > 0)
		mm_keeper_start(&courier->keeper);
}

static void
send_refresh(struct mm_mintmarkd *mintmarkd, size_t number)
{
	struct mm_buf payload;

	mm_buf_init(&payload, sizeof(uint32_t));
	mm_buf_add_u32(&payload, (uint32_t)number);
	if (mm_buf_ok(&payload))
		mm_keeper_send(&mintmarkd->courier.keeper, MM_MESSAGE_COURIER_REFRESH, payload.data, payload.len, -1);
	mm_buf_clear(&payload);
}

void
mm_courier_fetch_for_kid(struct mm_mintmarkd *mintmarkd, struct mm_slice name)
{
	const struct mm_config_realm *realm = find_realm(mintmarkd->reading->config, name);
	const struct mm_source *source = realm == NULL ? NULL : mm_sources_find(&mintmarkd->sources, realm->keys);

	/* A gate that still decides by an older view may name a realm that is gone. */
	if (source == NULL || !mm_keeper_serves(&mintmarkd->courier.keeper) ||
	    !mm_sources_ask_for_kid(&mintmarkd->sources, realm, mm_clock_ms()))
		return;
	mm_log(LOG_INFO, "realm %s: a token names a key that is not known: %s is fetched", realm->name, source->name);
	send_refresh(mintmarkd, (size_t)(source - mintmarkd->sources.items));
}

const char *
mm_courier_fetch(struct mm_mintmarkd *mintmarkd, uint64_t question, struct mm_slice name)
{
	struct mm_courier *courier = &mintmarkd->courier;
	const struct mm_config_realm *realm = find_realm(mintmarkd->reading->config, name);
	const struct mm_source *source = realm == NULL ? NULL : mm_sources_find(&mintmarkd->sources, realm->keys);
	struct mm_fetch_question *asked = &courier->questions[courier->question_count];

	if (realm == NULL)
		return "there is no such realm";
	if (source == NULL)
		return "its keys are in a file, which is read at a reload";
	if (!mm_keeper_serves(&courier->keeper))
		return "the courier is not running";
	if (courier->question_count == MM_FETCHES_MAX)
		return "too many ask at once";
	*asked = (struct mm_fetch_question){
		.number = question,
		.source = (size_t)(source - mintmarkd->sources.items),
		.realm = strdup(realm->name),
	};
	if (asked->realm == NULL)
		return "memory is short";
	courier->question_count++;
	send_refresh(mintmarkd, asked->source);
	return NULL;
}
